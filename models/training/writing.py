"""Saves on a disk that may be full: safetensors and torch say so each in its own way, and here they say one thing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from workers.pipeline.errors import DeskcheckError


class SaveFailed(DeskcheckError):
    """A save cannot be written."""


@contextmanager
def written(path: Path | str | None) -> Iterator[None]:
    """The block writes `path`. Raises SaveFailed where it cannot."""
    try:
        yield
    except (OSError, SafetensorError, RuntimeError) as error:  # the last one is torch's
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise SaveFailed(f"{path} cannot be written: {reason}") from error
