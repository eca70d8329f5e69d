"""One evaluation at a time writes a results file and the answers beside it: two would write over each other's."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from workers.pipeline.errors import InputError


@contextmanager
def alone(results: Path | None) -> Iterator[None]:
    """Hold the lock of a results file, or of none; the file `X.lock` is there as long. It goes with the process.

    Raises InputError where another evaluation holds it, or where nothing can be written.
    """
    if results is None:
        yield
        return
    path = results.with_name(f"{results.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _held(path)
    except BlockingIOError as error:
        raise InputError(f"another evaluation that runs writes {results}: name another file by --json") from error
    except OSError as error:
        raise InputError(f"{results} cannot be written: {error.strerror}") from error
    with file:
        try:
            yield
        finally:
            path.unlink(missing_ok=True)  # before it is given up


def _held(path: Path) -> IO[bytes]:
    """The lock file, locked. Raises BlockingIOError where it is held."""
    while True:
        file = path.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                return file
        except OSError:
            file.close()
            raise
        file.close()  # the one that held it has taken it away meanwhile
