"""A data folder on disk: who owns it, files that appear whole or not at all, checksums. Knows nothing of contents."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable
from pathlib import Path

from workers.pipeline.errors import InputError

CLAIM = "build.json"
MANIFEST = "manifest.json"


def claim(folder: Path, config_hash: str) -> None:
    """Make `folder` that of a configuration, so that no shard of another one is taken for its own.

    Raises InputError if it is that of another one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (MANIFEST, CLAIM):
        if (path := folder / name).exists():
            if json.loads(path.read_text(encoding="utf-8")).get("config_hash") != config_hash:
                raise InputError(f"{folder} holds data of another configuration")
            return
    write_text(folder / CLAIM, json.dumps({"config_hash": config_hash}))


def write(path: Path, fill: Callable[[Path], object]) -> None:
    """`fill` writes a hidden file beside `path`, which then takes its name: the file is whole or not there.

    The hidden name is this process's own, so that two machines that make the same file do not meet in it.
    """
    temporary = path.with_name(f".{path.name}.{platform.node()}.{os.getpid()}.tmp")
    fill(temporary)
    temporary.replace(path)


def sweep(folder: Path) -> None:
    """Take away what killed processes left of unfinished files. Only once nobody writes there any more."""
    for left in folder.glob(".*.tmp"):
        left.unlink()


def write_text(path: Path, text: str) -> None:
    """A whole text file or none."""
    write(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def sha256(path: Path) -> str:
    """Checksum of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
