"""Makes parts in child processes, one at a time each, and shows how far they are.

A child has a fixed hash seed (the order of a set is seen in traces), limits, and ends with its parent.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from models.config import DataConfig
from models.dataset import part
from models.trace.limits import hash_seed, limit_child

_ticks: Any = None
"""Rows that all children have made; set in each child at its start."""


def make(config: DataConfig, numbers: Sequence[int], out: Path, processes: int, console: Console) -> None:
    """Make these parts. Raises `part.PartFailed` for one that cannot be made, with the others stopped."""
    context = multiprocessing.get_context("spawn")
    ticks = context.Value("q", 0)
    total = sum(part.wanted(config, number) for number in numbers)
    with hash_seed(), _progress(console) as progress:
        bar = progress.add_task("rows", total=total, rate="")
        pool = ProcessPoolExecutor(min(processes, len(numbers)), context, _start, (ticks,))
        try:
            waiting = {pool.submit(_make, config, number, out) for number in numbers}
            while waiting:
                done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                elapsed = progress.tasks[0].elapsed or 1
                progress.update(bar, completed=ticks.value, rate=f"{ticks.value / elapsed:.3g} rows/s")
        except BrokenProcessPool as error:  # also where the next part is handed in
            raise part.PartFailed(f"a process died while it made a part: {error}") from error
        except BaseException:
            for child in multiprocessing.active_children():
                child.kill()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def _make(config: DataConfig, number: int, out: Path) -> None:
    def tick() -> None:
        with _ticks.get_lock():
            _ticks.value += 1

    part.make(config, number, out, tick)


def _start(ticks: Any) -> None:
    """What each child does first."""
    global _ticks  # a shared counter can reach a child only at its start
    _ticks = ticks
    limit_child()


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), console=console,
    )  # fmt: skip
