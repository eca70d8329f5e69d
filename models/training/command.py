"""How the command line of a stage ends: what cannot be used, or cannot be written, is said in one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from safetensors import SafetensorError

from workers.pipeline.errors import DeskcheckError


@contextmanager
def ended(stopped: str = "stopped; the same call goes on from the last save") -> Iterator[None]:
    """Errors of the block end the process with one line and exit code 1; no library reports that it was started.

    `stopped` is said where it is interrupted.
    """
    try:
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # TRL reports each start; read when it is imported
        yield
    except (DeskcheckError, OSError, SafetensorError) as error:  # the last one where a disk is full too
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(stopped)
