"""Making data beside a training run. Imports no torch: neither do the processes that it starts, and they are many."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from models.config import DatasetConfig
from models.pretrain import prepare
from models.trace.limits import end_with_parent
from models.training.command import ended


@contextmanager
def making(config: DatasetConfig, folder: Path, workers: int) -> Iterator[Callable[[], bool]]:
    """The data is made beside the block by `workers` processes; yields whether it still is. Goes on where it was."""
    process = multiprocessing.get_context("spawn").Process(target=_make, args=(config, folder, workers))
    process.start()
    try:
        yield process.is_alive
    finally:
        process.terminate()
        process.join()


def _make(config: DatasetConfig, folder: Path, workers: int) -> None:
    end_with_parent()  # and its own children with it
    os.nice(10)  # the loop that feeds the device goes first
    with ended():
        prepare.build(config, folder, workers)
