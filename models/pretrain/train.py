"""The training loop: plain PyTorch, one process or several (torchrun), resumable at any step.

A run ends on its wall-clock or token budget, the learning rate decayed by then. What is saved is replaced in one move,
so a run killed at any moment goes on from its last save.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch.nn import functional

from models.config import PretrainConfig, TrainerConfig
from models.pretrain import data, model, optim, warm
from workers.pipeline.errors import DeskcheckError, InputError


class TrainingDiverged(DeskcheckError):
    """The loss is no longer a number."""


@dataclass(slots=True)
class Progress:
    """Where a run stands; saved with the weights."""

    step: int = 0
    tokens: int = 0
    """Tokens seen, padding not counted, over all processes."""
    seconds: float = 0.0
    """Wall time over all sessions of the run."""
    short: int = 0
    """Batches taken from the plan of short records."""
    epoch: int = 0
    at: int = 0
    """Batches taken from the current epoch's plan."""


class Batches:
    """Hands out batches: short records first, then everything, epoch after epoch; position kept in `Progress`."""

    def __init__(self, corpus: data.Corpus, config: PretrainConfig, processes: int) -> None:
        rows = np.random.default_rng(config.seed).permutation(len(corpus.lengths))
        held = config.validation_records
        first = held + len(rows) // 8
        self.validation = rows[:held]
        brief = rows[held:first]
        brief = brief[corpus.lengths[brief] <= 192]
        rng = np.random.default_rng([config.seed, 10**6])
        self.short = data.plan(corpus.lengths, brief, config.batch_tokens, processes, rng)
        self.epochs = data.epochs(corpus, rows[first:], config.batch_tokens, processes, config.seed)
        self.current: list[data.Batch] = []
        self.drawn = -1

    def next(self, progress: Progress, share: float, short_first: float) -> data.Batch:
        """The batch after `progress`, which moves on; `share` of the budget is spent."""
        if share < short_first and progress.short < len(self.short):
            progress.short += 1
            return self.short[progress.short - 1]
        while self.drawn < progress.epoch:
            self.current = next(self.epochs)
            self.drawn += 1
            if not self.current:
                raise InputError("fewer records than make one batch")
        if progress.at >= len(self.current):
            progress.epoch, progress.at = progress.epoch + 1, 0
            return self.next(progress, 1.0, 0.0)
        progress.at += 1
        return self.current[progress.at - 1]


class Trainer:
    """One process of a run."""

    def __init__(self, config: TrainerConfig, folder: Path, out: Path, device: str = "cpu") -> None:
        self.config, self.out = config.pretrain, out
        self.rank, self.processes = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.device = device
        torch.manual_seed(self.config.seed)
        vocab = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
        self.corpus = data.load(folder)
        self.batches = Batches(self.corpus, self.config, self.processes)
        self.model = model.create(config.model, -(-len(vocab) // 64) * 64).to(self.device)
        self.optimizers = optim.optimizers(self.model, self.config)
        self.forward = torch.compile(self.model, dynamic=False) if self.config.compile else self.model
        self.progress = Progress()
        self.saved = time.monotonic()
        if (out / "state.pt").exists():
            self._restore()
        elif self.config.init:
            warm.warm(self.model, vocab, Path(self.config.init))

    def loss(self, rows: data.Array, length: int) -> tuple[torch.Tensor, int]:
        """Mean cross-entropy per completion token of these records, and how many tokens they have."""
        inputs, labels = (t.to(self.device) for t in self.corpus.batch(rows, length))
        with torch.autocast(self.device.split(":")[0], dtype=torch.bfloat16, enabled=self.config.bf16):
            logits = self.forward(input_ids=inputs, use_cache=False).logits  # (B, T, V)
        return functional.cross_entropy(logits.float().flatten(0, 1), labels.flatten(), ignore_index=data.IGNORED), int(
            self.corpus.lengths[rows].sum()
        )

    def share(self) -> float:
        """How much of the budget is spent, 0..1."""
        done = [0.0]
        if self.config.seconds is not None:
            done.append(self.progress.seconds / self.config.seconds)
        if self.config.tokens is not None:
            done.append(self.progress.tokens / self.config.tokens)
        return max(done)

    def train(self) -> None:
        """Run to the end of the budget. Raises TrainingDiverged."""
        progress, clock = self.progress, time.monotonic()
        report_loss, report_from = 0.0, (progress.step, progress.tokens, progress.seconds)
        while (share := self.share()) < 1.0:
            length, rows = self.batches.next(progress, share, self.config.short_first)
            mine = rows[self.rank :: self.processes]
            loss, _ = self.loss(mine, length)
            loss.backward()
            now = time.monotonic()
            mean, elapsed = self._combine(float(loss.detach()), now - clock)
            clock = now
            self._step(optim.rate(progress.step, share, self.config))
            progress.step += 1
            progress.tokens += int(self.corpus.lengths[rows].sum())
            progress.seconds += elapsed
            report_loss += mean
            if not np.isfinite(mean):
                raise TrainingDiverged(f"loss is {mean} at step {progress.step}")
            if progress.step % self.config.log_steps == 0:
                speed = (progress.tokens - report_from[1]) / max(1e-9, progress.seconds - report_from[2])
                self._log(
                    loss=report_loss / (progress.step - report_from[0]),  # fewer steps right after a resume
                    rate=optim.rate(progress.step, share, self.config),
                    tokens_per_second=speed,
                )
                report_loss, report_from = 0.0, (progress.step, progress.tokens, progress.seconds)
            if time.monotonic() - self.saved > self.config.save_seconds:
                self.save()
        self.save()

    def _combine(self, loss: float, elapsed: float) -> tuple[float, float]:
        """Average gradients and loss over the processes; every process goes by the clock of the first."""
        if self.processes == 1:
            return loss, elapsed
        grads = [p.grad for p in self.model.parameters() if p.grad is not None]
        extra = torch.tensor([loss, elapsed if self.rank == 0 else 0.0], dtype=grads[0].dtype)
        flat = torch.cat([g.flatten() for g in grads] + [extra.to(grads[0].device)])
        dist.all_reduce(flat)
        total_loss, seconds = flat[-2:].tolist()
        flat /= self.processes
        at = 0
        for grad in grads:
            grad.copy_(flat[at : at + grad.numel()].view_as(grad))
            at += grad.numel()
        return total_loss / self.processes, seconds

    def _step(self, share: float) -> None:
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.grad_clip)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.config.lr * share
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def validate(self) -> float:
        """Mean loss on the records kept out of training."""
        rows = self.batches.validation
        padded = np.searchsorted(data.LENGTHS, self.corpus.lengths[rows])
        losses: list[tuple[float, int]] = []
        with torch.no_grad():
            for number in np.unique(padded):
                members = rows[padded == number]
                inputs, labels = (t.to(self.device) for t in self.corpus.batch(members, data.LENGTHS[number]))
                logits = self.model(input_ids=inputs, use_cache=False).logits.float()
                total = functional.cross_entropy(
                    logits.flatten(0, 1), labels.flatten(), ignore_index=data.IGNORED, reduction="sum"
                )
                losses.append((float(total), int((labels != data.IGNORED).sum())))
        return sum(total for total, _ in losses) / max(1, sum(count for _, count in losses))

    def save(self) -> None:
        """Write the state of the run; on the first process only."""
        self.saved = time.monotonic()
        if self.rank != 0:
            return
        self._log(validation=self.validate())
        state = {
            "model": self.model.state_dict(), "optimizers": [o.state_dict() for o in self.optimizers],
            "progress": {name: getattr(self.progress, name) for name in Progress.__slots__},
        }  # fmt: skip
        temporary = self.out / ".state.pt"
        torch.save(state, temporary)
        temporary.replace(self.out / "state.pt")

    def _restore(self) -> None:
        state = torch.load(self.out / "state.pt", map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.progress = Progress(**state["progress"])

    def _log(self, **values: float) -> None:
        if self.rank != 0:
            return
        line = {"step": self.progress.step, "tokens": self.progress.tokens, "seconds": round(self.progress.seconds, 1)}
        line |= {name: round(value, 5) for name, value in values.items()}
        with (self.out / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        print(line, flush=True)
