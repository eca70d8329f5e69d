"""Making data beside a training run. Imports no torch: neither do the processes that it starts, and they are many."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path

from models.config import DatasetConfig
from models.pretrain import prepare


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
    threading.Thread(target=_end_with_parent, daemon=True).start()
    prepare.build(config, folder, workers)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)  # its own children end with it
