"""What the training loop costs beside a bare one: `python -m bench.pretrain --config X.toml --data FOLDER`.

The real loop draws batches from the data folder, pads them, combines gradients and keeps its counts; the bare loop
makes the same steps of the same model on random tokens of the same shapes, made beforehand, and looks at no loss. Both
make blocks of a few steps in turn, so other load falls on both alike, and wait for the device after each block. The
ratio is the median over pairs of blocks; on the CPU, times are CPU time of the process. Model-FLOPs utilization counts
6 FLOPs for each parameter and token, and for attention 12 · layers · hidden · length for each token (PaLM, arXiv
2204.02311, appendix B), against what a large matrix product reaches on the same device and type.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from torch.nn import functional

from models import config as configs
from models.config import TrainerConfig
from models.pretrain import data, optim
from models.pretrain.feed import Position
from models.pretrain.train import Trainer
from workers.pipeline.errors import DeskcheckError


def main() -> None:
    """Measure, print a table, and write JSON if asked."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--config", type=Path, required=True)
    options.add_argument("--data", type=Path, required=True, help="folder made by models.pretrain.prepare")
    options.add_argument("--blocks", type=int, default=10)
    options.add_argument("--steps", type=int, default=4, help="in each block, of each loop")
    options.add_argument("--length", type=int, default=256, help="padded length of the records that are stepped on")
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 1)))
    try:
        resolved = configs.load(chosen.config)
    except DeskcheckError as error:
        sys.exit(f"error: {error}")
    config = dataclasses.replace(resolved, pretrain=dataclasses.replace(resolved.pretrain, init=""))
    device = "cuda:0" if torch.cuda.is_available() else "cpu"
    if device != "cpu":
        torch.set_float32_matmul_precision("high")  # as models.pretrain does
    with tempfile.TemporaryDirectory() as folder:
        real, bare = (Trainer(config, chosen.data, Path(folder), device) for _ in range(2))
        facts = measure(config, real, bare, chosen.blocks, chosen.steps, chosen.length, device)
    show(facts)
    if chosen.json:
        chosen.json.write_text(json.dumps(facts, indent=1) + "\n")


def measure(
    config: TrainerConfig, real: Trainer, bare: Trainer, blocks: int, steps: int, length: int, device: str
) -> dict[str, Any]:
    """Seconds a step of both loops, in each block, and what follows from them."""
    rows, progress = max(1, config.pretrain.batch_tokens // length), Position()
    ids = torch.randint(4, 300, (rows, length), device=device)
    clock = time.process_time if device == "cpu" else time.perf_counter

    def timed(step: Callable[[], None]) -> float:
        started = clock()
        for _ in range(steps):
            step()
        if device != "cpu":
            torch.cuda.synchronize()
        return (clock() - started) / steps

    def loop() -> None:
        _real(real, batches.pop())

    seconds: dict[str, list[float]] = {"loop": [], "bare": []}
    for block in range(blocks + 1):  # the first one compiles
        batches = [_of_length(real, progress, length) for _ in range(steps)]
        for name, took in (("loop", timed(loop)), ("bare", timed(lambda: _bare(bare, ids)))):
            if block:
                seconds[name].append(took)
    medians = {name: statistics.median(own) for name, own in seconds.items()}
    tokens = rows * length
    parameters = sum(p.numel() for p in real.model.parameters())
    flops = tokens * (6 * parameters + 12 * config.model.layers * config.model.hidden * length)
    peak = _peak(device, torch.bfloat16 if config.pretrain.bf16 else torch.float32, clock)
    return {
        "device": torch.cuda.get_device_name() if device != "cpu" else "cpu", "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0], "compiled": config.pretrain.compile, "bf16": config.pretrain.bf16,
        "parameters": parameters, "tokens per step": tokens, "blocks": blocks, "steps per block": steps,
        **{f"{name}, tokens/s": tokens / s for name, s in medians.items()},
        "loop beside bare": statistics.median(b / a for a, b in zip(*seconds.values(), strict=True)),
        "model FLOPs utilization": flops / medians["loop"] / peak, "matrix product, GFLOP/s": peak / 1e9,
    }  # fmt: skip


def _of_length(trainer: Trainer, progress: Position, length: int) -> data.Batch:
    while True:
        batch = trainer.feed.next(progress, 1.0)
        if batch.length == length:
            return batch


def _real(trainer: Trainer, batch: data.Batch) -> None:
    loss = trainer.loss(batch)
    loss.backward()
    mean, _ = trainer._combine(loss.detach(), 0.0)
    trainer._step(optim.rate(trainer.progress.step, 0.1, trainer.config))
    trainer.progress.step += 1
    trainer.progress.tokens += trainer.tokens(batch)
    trainer.losses.add(trainer.progress.step, mean)


def _bare(trainer: Trainer, ids: torch.Tensor) -> None:
    with torch.autocast(ids.device.type, dtype=torch.bfloat16, enabled=trainer.config.bf16):
        logits = trainer.forward(input_ids=ids, use_cache=False).logits
    functional.cross_entropy(logits.float()[:, :-1].flatten(0, 1), ids[:, 1:].flatten()).backward()
    torch.nn.utils.clip_grad_norm_(trainer.model.parameters(), 1.0)
    for optimizer in trainer.optimizers:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)


def _peak(device: str, kind: torch.dtype, clock: Callable[[], float]) -> float:
    """FLOP/s of a large matrix product, the best of several."""
    size = 8192 if device != "cpu" else 1024
    a, b = (torch.randn(size, size, device=device).to(kind) for _ in range(2))
    best = float("inf")
    for _ in range(8):
        started = clock()
        a @ b
        if device != "cpu":
            torch.cuda.synchronize()
        best = min(best, clock() - started)
    return 2 * size**3 / best


def show(facts: dict[str, Any]) -> None:
    """The figures as a table."""
    table = Table("", "", show_header=False)
    for name, value in facts.items():
        table.add_row(name, f"{value:,.3f}" if isinstance(value, float) else str(value))
    Console().print(table)


if __name__ == "__main__":
    main()
