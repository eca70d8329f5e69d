"""The files of token shards. Knows no torch, since every process that makes one reads this."""

from __future__ import annotations

import hashlib
from pathlib import Path

from models.dataset.folder import sha256


def shard_path(folder: Path, number: int) -> Path:
    """Where a shard lies; beside it, written after it, a `.json` with its counts."""
    return folder / f"shard-{number:05d}.npz"


def data_hash(folder: Path, shards: int) -> str:
    """sha256 over the checksums of the first so many shards."""
    return hashlib.sha256("".join(sha256(shard_path(folder, n)) for n in range(shards)).encode()).hexdigest()
