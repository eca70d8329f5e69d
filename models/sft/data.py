"""A data set of `python -m models.dataset` as fine-tuning sees it: which files, whole and undamaged, in which style."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.dataset import folder, narratives, schema
from workers.pipeline.errors import InputError
from workers.pipeline.prompts import PROMPT_VERSION

SPLITS = ("train", "validation")
Text = str | list[dict[str, str]]
"""Tagged text, or chat messages."""


@dataclass(frozen=True, slots=True)
class Source:
    """A finished data set."""

    path: Path
    style: str
    narrative: str
    """How runs are told; empty where none is, or only in a model's words."""
    files: dict[str, tuple[str, ...]]
    """Split → names of its Parquet files, in order."""
    data_hash: str
    """sha256 over the checksums of these files."""

    def records(self, split: str) -> Iterator[list[tuple[Text, Text]]]:
        """Prompts with their completions, a batch at a time, always in the same order."""
        for name in self.files[split]:
            content = schema.read(self.path / name, ["prompt", "completion"])
            for batch in content.to_batches(max_chunksize=1000):
                yield list(zip(batch["prompt"].to_pylist(), batch["completion"].to_pylist(), strict=True))

    def tasks(self) -> list[str]:
        """The tasks of the training split, in alphabetical order."""
        return sorted({
            task for name in self.files["train"]
            for task in schema.read(self.path / name, ["task"])["task"].unique().to_pylist()
        })  # fmt: skip


def open_source(path: Path) -> Source:
    """Check a data set folder. Raises InputError where it is none, unfinished, damaged or has nothing to train on."""
    try:
        manifest: dict[str, Any] = json.loads((path / folder.MANIFEST).read_text(encoding="utf-8"))
        listed, style, narrative = manifest["files"], manifest["config"]["style"], narratives.told(manifest)
        speaks = manifest["versions"]["prompt_version"]
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path}: no finished data set (no {folder.MANIFEST})") from None
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path / folder.MANIFEST} is not that of a data set of models.dataset") from None
    if speaks != PROMPT_VERSION:
        raise InputError(f"{path} was made for PROMPT_VERSION {speaks}, this code speaks {PROMPT_VERSION}")
    files = {split: tuple(sorted(n for n in listed if n.startswith(f"data/{split}-"))) for split in SPLITS}
    if not files["train"]:
        raise InputError(f"{path} has no training split")
    sums = []
    for name in (name for split in SPLITS for name in files[split]):
        if not (path / name).exists() or folder.sha256(path / name) != listed[name]["sha256"]:
            raise InputError(f"{path / name} is missing or damaged")
        sums.append(listed[name]["sha256"])
    return Source(path, style, narrative, files, hashlib.sha256("".join(sums).encode()).hexdigest())
