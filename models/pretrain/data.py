"""Shards of records → batches of fixed shapes, in an order that depends on the seed alone.

Records are padded to one of a few lengths and only records of one length share a batch, so little is padding and a
compiled model meets few shapes. Every process of a run walks the same plan and takes its own rows.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.pretrain.shards import shard_path
from workers.pipeline.errors import InputError

LENGTHS = (96, 128, 192, 256, 384, 512, 640, 768, 1024, 1280, 1536, 2048)
"""Padded lengths in tokens."""
IGNORED = -100
"""Label of positions without loss: prompts and padding."""
Array = NDArray[np.integer]
DAMAGES = (OSError, ValueError, LookupError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile)
"""What numpy raises for a file that is cut, changed or no shard."""
AGAIN = "delete it, its .json and manifest.json, and python -m models.pretrain.prepare makes it anew"


@dataclass(frozen=True, slots=True)
class Corpus:
    """All records of a chunk: of one shard, or of several that follow one another."""

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
        at = np.arange(length)
        starts, sizes = self.starts[rows][:, None], self.lengths[rows][:, None]  # (B, 1)
        ids = self.ids[np.minimum(starts + at, len(self.ids) - 1)]  # (B, length), beyond a record's end some other's
        inputs = np.where(at < sizes, ids, 0).astype(np.int64)  # 0 is PAD
        following = np.roll(inputs, -1, axis=1)  # the label of a position is the next token
        scored = (at >= self.prompts[rows][:, None] - 1) & (at < sizes - 1)
        return torch.from_numpy(inputs), torch.from_numpy(np.where(scored, following, IGNORED))


def load(folder: Path, *numbers: int) -> Corpus:
    """Read shards, one after the other, as one. Raises InputError for a damaged one."""
    ids, spans = list[Array](), list[Array]()
    for number in numbers:
        path = shard_path(folder, number)
        with path.open("rb") as file:  # given a name, numpy leaves a bad file open
            try:
                with np.load(file) as shard:
                    ids.append(shard["ids"])
                    spans.append(shard["spans"])
            except DAMAGES as error:
                raise InputError(f"{path} is damaged ({error}): {AGAIN}") from error
    prompts, sizes = np.concatenate(spans).T
    return Corpus(np.concatenate(ids), np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]), prompts)


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one chunk, padded to one length."""

    chunk: int
    length: int
    rows: Array
    """Their numbers in the chunk; a process takes its own of them."""


def plan(
    chunk: int, lengths: Array, rows: Array, batch_tokens: int, processes: int, rng: np.random.Generator
) -> list[Batch]:
    """Shuffled batches of about `batch_tokens` over these records; each holds a multiple of `processes` rows."""
    batches: list[Batch] = []
    padded = np.searchsorted(LENGTHS, lengths[rows])
    for number, length in enumerate(LENGTHS):
        members = rng.permutation(rows[padded == number])
        size = max(1, batch_tokens // length // processes) * processes
        batches += [Batch(chunk, length, members[i : i + size]) for i in range(0, len(members) - size + 1, size)]
    return [batches[i] for i in rng.permutation(len(batches))]
