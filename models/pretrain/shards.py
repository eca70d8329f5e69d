"""The files of token shards, and whose they are. Knows no torch, since every process that makes one reads this."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from models import lineage
from models.config import DatasetConfig, digest
from models.dataset.folder import CLAIM, MANIFEST, sha256, write_text
from workers.pipeline.errors import InputError
from workers.pipeline.prompts import PROMPT_VERSION


def shard_path(folder: Path, number: int) -> Path:
    """Where a shard lies; beside it, written after it, a `.json` with its counts."""
    return folder / f"shard-{number:05d}.npz"


def data_hash(folder: Path, shards: int) -> str:
    """sha256 over the checksums of the first so many shards."""
    return hashlib.sha256("".join(sha256(shard_path(folder, n)) for n in range(shards)).encode()).hexdigest()


def belongs(folder: Path, config: DatasetConfig) -> bool:
    """Whether `folder` is claimed, finished or not.

    Raises InputError if by another configuration or PROMPT_VERSION, or where what says so cannot be read.
    """
    path = next((path for name in (MANIFEST, CLAIM) if (path := folder / name).exists()), None)
    if path is None:
        return False
    try:
        told = dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise InputError(f"{path} is damaged: {error}") from None
    if told.get("config_hash") != digest(config):
        raise InputError(f"{folder} holds data of another configuration")
    lineage.version(told, path)
    return True


def claim(folder: Path, config: DatasetConfig) -> None:
    """Make `folder` that of a configuration and of this code's prompts. Raises InputError as `belongs`."""
    if not belongs(folder, config):
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / CLAIM, json.dumps({"config_hash": digest(config), "prompt_version": PROMPT_VERSION}))
