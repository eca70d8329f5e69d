"""How the command line of a stage ends: what cannot be used is said in one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from workers.pipeline.errors import DeskcheckError


@contextmanager
def ended() -> Iterator[None]:
    """Errors of the block end the process with one line and exit code 1; no library reports that it was started."""
    try:
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # TRL reports each start; read when it is imported
        yield
    except (DeskcheckError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same call goes on from the last save")
