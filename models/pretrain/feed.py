"""Chunks of shards in order, each as soon as it is there: training may begin while the data is still being made.

What is trained on, and in which order, depends on the seed alone and not on who was faster: a chunk that is not there
yet is waited for, and the time is counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.config import DatasetConfig, PretrainConfig
from models.pretrain import data
from models.pretrain.shards import shard_path
from workers.pipeline.errors import InputError

POLL = 0.05
"""Seconds between two looks for a shard."""
PLANNED = 48
"""Batches that a chunk gives at least. What fills no batch of its length is left out until the next epoch: of eight
lengths some four batches, one in twelve."""
RECORD_TOKENS = 190
"""Of a record, on average; that chunks are large enough is all that depends on it."""


def together(dataset: DatasetConfig, config: PretrainConfig) -> int:
    """How many shards make one chunk: small ones are made side by side in little time, but fill few large batches."""
    return -(-PLANNED * config.batch_tokens // (dataset.shard_records * RECORD_TOKENS))


@dataclass(slots=True)
class Position:
    """Where the feed of a run stands; saved with the weights."""

    short: int = 0
    """Batches taken from the plan of short records."""
    epoch: int = 0
    chunk: int = 0
    """Place in the order of the current epoch."""
    at: int = 0
    """Batches taken from the current chunk's plan."""
    repeats: int = 0
    """Batches taken from earlier chunks while the current one was still being made."""


@dataclass(slots=True)
class Chunks:
    """The shards of a data folder, so many `together`; `coming` says whether somebody still makes what is not there."""

    folder: Path
    shards: int
    coming: Callable[[], bool] = lambda: False
    together: int = 1
    waited: float = 0.0
    """Seconds that were spent waiting for data."""
    _loaded: dict[int, data.Corpus] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many chunks there are, the last one smaller perhaps."""
        return -(-self.shards // self.together)

    def within(self, chunks: int) -> int:
        """How many shards the first so many chunks hold."""
        return min(self.shards, chunks * self.together)

    def ready(self, number: int) -> bool:
        """Whether a chunk is there, so that nobody waits for it."""
        return number in self._loaded or all(path.exists() for path in self._ends(number))

    def get(self, number: int) -> data.Corpus:
        """One chunk. Raises InputError where a shard of it is not there and nobody makes it."""
        if number not in self._loaded:
            for path in self._ends(number):
                self.await_file(path)
            self._loaded[number] = data.load(self.folder, *self._shards(number))
        return self._loaded[number]

    def _shards(self, number: int) -> range:
        return range(number * self.together, self.within(number + 1))

    def _ends(self, number: int) -> list[Path]:
        """What is written last of each shard of a chunk."""
        return [shard_path(self.folder, shard).with_suffix(".json") for shard in self._shards(number)]

    def await_file(self, path: Path) -> Path:
        """Wait until `path` is there. Raises InputError where nobody makes it."""
        begun = time.monotonic()
        while not path.exists():
            if not self.coming() and not path.exists():
                raise InputError(f"no {path}: python -m models.pretrain.prepare makes it, or give --workers")
            time.sleep(POLL)
        self.waited += time.monotonic() - begun
        return path


class Feed:
    """Hands out batches: short records first, then chunk after chunk, epoch after epoch."""

    def __init__(self, chunks: Chunks, config: PretrainConfig, processes: int) -> None:
        """Raises InputError for `[pretrain] repeat` in several processes: they would not agree on what is there."""
        if config.repeat and processes > 1:
            raise InputError("[pretrain] repeat is for one process")
        self.chunks, self.config, self.processes = chunks, config, processes
        lengths = chunks.get(0).lengths
        rows = np.random.default_rng(config.seed).permutation(len(lengths))
        held = config.validation_records
        self.validation = rows[:held]
        """Rows of the first chunk that are kept out of training."""
        brief, self._rest = np.split(rows[held:], [len(rows) // 4])
        rng = np.random.default_rng([config.seed, 10**6])
        self.short = data.plan(0, lengths, brief[lengths[brief] <= 192], config.batch_tokens, processes, rng)
        self._planned: tuple[int, int] = (-1, -1)
        self._plan: list[data.Batch] = []
        self._repeats: list[data.Batch] = []

    def next(self, position: Position, share: float) -> data.Batch:
        """The batch after `position`, which moves on; `share` of the budget is spent. Raises InputError.

        With `[pretrain] repeat`, one from an earlier chunk while the next chunk is not there.
        """
        if share < self.config.short_first and position.short < len(self.short):
            position.short += 1
            return self.short[position.short - 1]
        empty = 0
        while True:
            if self._behind(position) and (repeats := self._again(position)):
                position.repeats += 1
                return repeats.pop()
            if position.at < len(plan := self._plan_of(position.epoch, position.chunk)):
                position.at += 1
                return plan[position.at - 1]
            empty = 0 if plan else empty + 1
            if empty == self.chunks.count:
                raise InputError("fewer records than make one batch")
            position.at, position.chunk = 0, position.chunk + 1
            if position.chunk == self.chunks.count:
                position.epoch, position.chunk = position.epoch + 1, 0

    def _plan_of(self, epoch: int, place: int) -> list[data.Batch]:
        if self._planned != (epoch, place):
            seed = self.config.seed
            # the first time as they are made, later in a new order each time
            order = np.random.default_rng([seed, epoch]).permutation(self.chunks.count) if epoch else None
            number = place if order is None else int(order[place])
            self._plan = self._shuffled(number, np.random.default_rng([seed, epoch, number]))
            self._planned = epoch, place
        return self._plan

    def _behind(self, position: Position) -> bool:
        """Whether the chunk at `position` is still being made, and others are to be seen again meanwhile."""
        if not self.config.repeat or position.epoch or self.chunks.ready(position.chunk):
            return False
        return self.chunks.coming()  # else what is missing is an error, as without `repeat`

    def _again(self, position: Position) -> list[data.Batch]:
        """What is left of an earlier chunk's plan, in an order of its own; all have the same chance."""
        if not self._repeats:
            rng = np.random.default_rng([self.config.seed, 10**6 + 1, position.repeats])
            self._repeats = self._shuffled(int(rng.integers(position.chunk)), rng)
        return self._repeats

    def _shuffled(self, number: int, rng: np.random.Generator) -> list[data.Batch]:
        lengths = self.chunks.get(number).lengths
        rows = np.arange(len(lengths)) if number else self._rest
        return data.plan(number, lengths, rows, self.config.batch_tokens, self.processes, rng)
