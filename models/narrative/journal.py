"""A journal: JSON lines that are appended one by one and survive a kill. Knows nothing of what the lines say."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from workers.pipeline.errors import InputError

Row = dict[str, Any]
"""One line; `id` is unique in a journal."""


class Journal:
    """An open journal; `ids` are those of its rows."""

    def __init__(self, path: Path, file: BinaryIO, ids: set[str]) -> None:
        self.path = path
        self.ids = ids
        self._file = file

    def append(self, row: Row) -> None:
        """Write one row to disk before returning."""
        self._file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.ids.add(row["id"])

    def rows(self) -> Iterator[Row]:
        """Every row, in the order written."""
        with self.path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


@contextmanager
def opened(path: Path) -> Iterator[Journal]:
    """Open or begin a journal; half a line at its end, left by a kill, is cut off.

    Raises InputError where the file is no journal.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        file.seek(0)
        whole, ids = 0, set[str]()
        for line in file:
            if not line.endswith(b"\n"):
                break
            ids.add(str(_row(line, path)["id"]))
            whole += len(line)
        file.truncate(whole)
        file.seek(whole)
        yield Journal(path, file, ids)


def read(path: Path) -> Iterator[Row]:
    """The rows of a journal that somebody else may be writing: the file is left as it is, half a last line left out.

    Raises InputError where there is no file, or it is no journal.
    """
    try:
        with path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield _row(line, path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def _row(line: bytes, path: Path) -> Row:
    try:
        row: Row = json.loads(line)
        row["id"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no journal: {error!r}") from error
    return row
