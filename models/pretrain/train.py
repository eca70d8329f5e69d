"""The training loop: plain PyTorch, one process or several (torchrun), resumable at any step.

A run ends on its wall-clock or token budget, the learning rate decayed by then. What is saved is replaced in one move,
so a run killed at any moment goes on from its last save.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch.nn import functional

from models.config import TrainerConfig
from models.pretrain import data, model, optim, prepare, state, warm
from models.pretrain.feed import Chunks, Feed, Position, together
from models.pretrain.losses import Losses, finite
from models.pretrain.tokenizer import vocabulary
from models.training.log import LOG, rewind


@dataclass(slots=True)
class Progress:
    """Where a run stands; saved with the weights."""

    step: int = 0
    tokens: int = 0
    """Tokens seen, padding not counted, over all processes."""
    seconds: float = 0.0
    """Wall time over all sessions of the run."""
    position: Position = field(default_factory=Position)


class Trainer:
    """One process of a run."""

    def __init__(
        self,
        config: TrainerConfig,
        folder: Path,
        out: Path,
        device: str = "cpu",
        coming: Callable[[], bool] = lambda: False,
    ) -> None:
        """`coming` says whether the data of `folder` is still being made."""
        self.config, self.out = config.pretrain, out
        self.rank, self.processes = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.device = device
        torch.manual_seed(self.config.seed)
        whole = together(config.dataset, config.pretrain)
        self.chunks = Chunks(folder, prepare.shards(config.dataset), coming, whole)
        vocab = vocabulary(self.chunks.await_file(folder / "tokenizer.json"))
        self.feed = Feed(self.chunks, self.config, self.processes)
        self.model = model.create(config.model, model.rows(len(vocab))).to(self.device)
        self.optimizers = optim.optimizers(self.model, self.config)
        self.forward = model.compiled(self.model, dynamic=device != "cpu") if self.config.compile else self.model
        self.progress, self.losses = Progress(), Losses()
        self.saved, self.kept = time.monotonic(), -1
        """When the last save was, and of which step it is."""
        if (out / state.STATE).exists():
            self._restore(out / state.STATE)
        elif self.config.init:
            warm.warm(self.model, vocab, Path(self.config.init))

    def loss(self, batch: data.Batch) -> torch.Tensor:
        """Mean cross-entropy per completion token of this process's records."""
        mine = batch.rows[self.rank :: self.processes]
        inputs, labels = self._moved(self.chunks.get(batch.chunk).batch(mine, batch.length))
        with torch.autocast(self.device.split(":")[0], dtype=torch.bfloat16, enabled=self.config.bf16):
            logits = self.forward(input_ids=inputs, use_cache=False).logits  # (B, T, V)
        return functional.cross_entropy(logits.float().flatten(0, 1), labels.flatten(), ignore_index=data.IGNORED)

    def _moved(self, tensors: Iterable[torch.Tensor]) -> Iterator[torch.Tensor]:
        """Tensors on the device. From pinned memory they go there while the step before is still at work."""
        if self.device == "cpu":
            yield from tensors
        else:
            yield from (tensor.pin_memory().to(self.device, non_blocking=True) for tensor in tensors)

    def tokens(self, batch: data.Batch) -> int:
        """Tokens of a batch, those of all processes, padding not counted."""
        return int(self.chunks.get(batch.chunk).lengths[batch.rows].sum())

    def share(self) -> float:
        """How much of the budget is spent, 0..1."""
        done = [0.0]
        if self.config.seconds is not None:
            done.append(self.progress.seconds / self.config.seconds)
        if self.config.tokens is not None:
            done.append(self.progress.tokens / self.config.tokens)
        return max(done)

    def train(self) -> None:
        """Run to the end of the budget; a run that is there already is left as it is. Raises TrainingDiverged."""
        progress, clock = self.progress, time.monotonic()
        if self.rank == 0:
            rewind(self.out / LOG, progress.step)
        report_from = (progress.tokens, progress.seconds, self.chunks.waited)
        while (share := self.share()) < 1.0:
            batch = self.feed.next(progress.position, share)
            loss = self.loss(batch)
            loss.backward()
            now = time.monotonic()
            mean, elapsed = self._combine(loss.detach(), now - clock)
            clock = now
            gradient = self._step(optim.rate(progress.step, share, self.config))
            progress.step += 1
            progress.tokens += self.tokens(batch)
            progress.seconds += elapsed
            self.losses.add(progress.step, mean, gradient)
            if progress.step % self.config.log_steps == 0:
                took = max(1e-9, progress.seconds - report_from[1])
                self._log(
                    loss=self.losses.mean(),
                    rate=optim.rate(progress.step, share, self.config),
                    tokens_per_second=(progress.tokens - report_from[0]) / took,
                    waiting=(self.chunks.waited - report_from[2]) / took,  # share of the time without data
                    repeats=progress.position.repeats,
                )
                report_from = (progress.tokens, progress.seconds, self.chunks.waited)
            if time.monotonic() - self.saved > self.config.save_seconds:
                self.save()
        if self.kept != progress.step:
            self.save()

    def _combine(self, loss: torch.Tensor, elapsed: float) -> tuple[torch.Tensor, float]:
        """Average gradients and loss over the processes; every process goes by the clock of the first."""
        if self.processes == 1:
            return loss, elapsed
        grads = [p.grad for p in self.model.parameters() if p.grad is not None]
        extra = [loss.float(), loss.new_tensor(elapsed if self.rank == 0 else 0.0, dtype=torch.float32)]
        flat = torch.cat([g.flatten() for g in grads] + [torch.stack(extra).to(grads[0])])
        dist.all_reduce(flat)
        seconds = float(flat[-1])
        flat /= self.processes
        at = 0
        for grad in grads:
            grad.copy_(flat[at : at + grad.numel()].view_as(grad))
            at += grad.numel()
        return flat[-2].clone(), seconds

    def _step(self, share: float) -> torch.Tensor:
        """Move the weights; returns the norm of the gradient."""
        norm: torch.Tensor = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.grad_clip)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.config.lr * share
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return norm

    def validate(self) -> float:
        """Mean loss on the records kept out of training."""
        rows, corpus = self.feed.validation, self.chunks.get(0)
        padded = np.searchsorted(data.LENGTHS, corpus.lengths[rows])
        losses: list[tuple[float, int]] = []
        with torch.no_grad(), torch.compiler.set_stance("force_eager"):  # shapes that training never meets
            for number in np.unique(padded):
                members = rows[padded == number]
                inputs, labels = self._moved(corpus.batch(members, data.LENGTHS[number]))
                logits = self.model(input_ids=inputs, use_cache=False).logits.float()
                total = functional.cross_entropy(
                    logits.flatten(0, 1), labels.flatten(), ignore_index=data.IGNORED, reduction="sum"
                )
                losses.append((float(total), int((labels != data.IGNORED).sum())))
        return sum(total for total, _ in losses) / max(1, sum(count for _, count in losses))

    def save(self) -> None:
        """Write the state of the run, on the first process only.

        Raises TrainingDiverged, before such weights are written, or SaveFailed; the save before is then there still.
        """
        self.saved, self.kept = time.monotonic(), self.progress.step
        self.losses.read()
        if self.rank != 0:
            return
        self._log(validation=finite("validation loss", self.validate(), self.progress.step))
        parts = {
            "model": self.model.state_dict(), "optimizers": [o.state_dict() for o in self.optimizers],
            "progress": asdict(self.progress),
        }  # fmt: skip
        state.save(self.out / state.STATE, parts)

    def _restore(self, path: Path) -> None:
        saved = state.load(path, self.device)
        try:
            self.model.load_state_dict(saved["model"])
            for optimizer, own in zip(self.optimizers, saved["optimizers"], strict=True):
                optimizer.load_state_dict(own)
            told = saved["progress"]
            self.progress = Progress(told["step"], told["tokens"], told["seconds"], Position(**told["position"]))
        except state.DAMAGES as error:
            raise state.unfit(path, error) from error
        self.kept = self.progress.step

    def _log(self, **values: float) -> None:
        if self.rank != 0:
            return
        line = {"step": self.progress.step, "tokens": self.progress.tokens, "seconds": round(self.progress.seconds, 1)}
        line |= {name: round(value, 5) for name, value in values.items()}
        with (self.out / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        print(line, flush=True)
