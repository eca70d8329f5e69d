"""A data set of `python -m models.dataset` as reinforcement learning reads it: the rows of its training split.

Whole and undamaged, or refused in one line. What a row is good for is told by `posed` and chosen by `own`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from models.dataset import folder
from models.rl.rows import PredictRow
from workers.pipeline.errors import InputError

Row = Mapping[str, Any]
"""One row, by the columns of `models.dataset.schema`."""
COLUMNS = (
    "task", "style", "completion", "statement", "program", "io", "entry_point", "input", "output", "raises", "finishes",
    "tests", "right_program", "wrong_program", "failing_input", "correct",
)  # fmt: skip
BATCH = 1000
"""Rows in memory as dictionaries at a time: completions are long."""


def training(path: Path, style: str) -> Iterator[Row]:
    """The training rows of a finished data set in a prompt style, always in the same order.

    Raises InputError where it is none, is not finished, is damaged or lacks a column.
    """
    import pyarrow.parquet as pq  # needed for this alone

    for name, told in sorted(_files(path).items()):
        if not name.startswith("data/train-"):
            continue
        if not (path / name).exists() or folder.sha256(path / name) != told:
            raise InputError(f"{path / name} is missing or damaged")
        with pq.ParquetFile(path / name) as file:
            if lacking := [column for column in COLUMNS if column not in file.schema_arrow.names]:
                raise InputError(f"{path / name} has no column {lacking[0]}: it was made by another version")
            for batch in file.iter_batches(BATCH, columns=list(COLUMNS)):
                yield from (row for row in batch.to_pylist() if row["style"] == style)


def _files(path: Path) -> dict[str, str]:
    """Name → sha256 of every file that the manifest lists. Raises InputError."""
    manifest = path / folder.MANIFEST
    try:
        listed = json.loads(manifest.read_text(encoding="utf-8"))["files"]
        return {name: str(told["sha256"]) for name, told in listed.items()}
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path}: no finished data set (no {folder.MANIFEST})") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(f"{manifest} is not that of a data set of models.dataset") from None


def predicted(row: Row) -> PredictRow:
    """A `predict` row with what really happens."""
    return PredictRow(
        row["program"], row["io"], row["entry_point"], row["input"], row["output"], row["raises"], row["finishes"],
        row["correct"], _text(row["completion"]),
    )  # fmt: skip


def _text(completion: str | Sequence[Mapping[str, str]]) -> str:
    """Of a text, or of the one message of a chat."""
    return completion if isinstance(completion, str) else completion[0]["content"]
