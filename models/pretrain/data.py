"""A shard of records → batches of fixed shapes, in an order that depends on the seed alone.

Records are padded to one of a few lengths and only records of one length share a batch, so little is padding and a
compiled model meets few shapes. Every process of a run walks the same plan and takes its own rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.pretrain.shards import shard_path

LENGTHS = (96, 128, 192, 256, 384, 512, 640, 768, 1024)
"""Padded lengths in tokens."""
IGNORED = -100
"""Label of positions without loss: prompts and padding."""
Array = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Corpus:
    """All records of a shard, in memory."""

    ids: Array
    """Token ids of all records, end to end, uint16."""
    starts: Array
    """Offset of each record, one entry more than there are records."""
    prompts: Array
    """Prompt length of each record."""

    @property
    def lengths(self) -> Array:
        """Tokens of each record, prompt and completion together."""
        return self.starts[1:] - self.starts[:-1]

    def batch(self, rows: Array, length: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Inputs and labels of some records, both (B, length); loss falls on completions only."""
        inputs = np.zeros((len(rows), length), dtype=np.int64)  # 0 is PAD
        labels = np.full((len(rows), length), IGNORED, dtype=np.int64)
        for i, row in enumerate(rows):
            start, size = self.starts[row], self.starts[row + 1] - self.starts[row]
            inputs[i, :size] = self.ids[start : start + size]
            first = self.prompts[row]
            # the label of a position is the next token
            labels[i, first - 1 : size - 1] = self.ids[start + first : start + size]
        return torch.from_numpy(inputs), torch.from_numpy(labels)


def load(folder: Path, number: int) -> Corpus:
    """Read one shard."""
    with np.load(shard_path(folder, number)) as shard:
        starts = np.concatenate([[0], np.cumsum(shard["spans"][:, 1], dtype=np.int64)])
        return Corpus(shard["ids"], starts, shard["spans"][:, 0])


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one shard, padded to one length."""

    shard: int
    length: int
    rows: Array
    """Their numbers in the shard; a process takes its own of them."""


def plan(
    shard: int, lengths: Array, rows: Array, batch_tokens: int, processes: int, rng: np.random.Generator
) -> list[Batch]:
    """Shuffled batches of about `batch_tokens` over these records; each holds a multiple of `processes` rows."""
    batches: list[Batch] = []
    padded = np.searchsorted(LENGTHS, lengths[rows])
    for number, length in enumerate(LENGTHS):
        members = rng.permutation(rows[padded == number])
        size = max(1, batch_tokens // length // processes) * processes
        batches += [Batch(shard, length, members[i : i + size]) for i in range(0, len(members) - size + 1, size)]
    return [batches[i] for i in rng.permutation(len(batches))]
