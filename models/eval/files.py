"""Files of results, which are whole at any time."""

from __future__ import annotations

from pathlib import Path

from models.dataset import folder
from workers.pipeline.errors import InputError


def write(path: Path, text: str) -> None:
    """Replace a file as a whole, its folder made where there is none. Raises InputError where that fails."""
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is no file")
        path.parent.mkdir(parents=True, exist_ok=True)
        folder.write(path.resolve(), lambda temporary: _fill(temporary, text))
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error


def _fill(temporary: Path, text: str) -> None:
    """On a full disk nothing stays of what did not fit."""
    try:
        temporary.write_text(text, encoding="utf-8")
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
