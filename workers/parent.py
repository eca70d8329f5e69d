"""A process that ends with the one that started it, so that none is left behind that nobody knows of. On Linux only."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(sig: signal.Signals, parent: int | None = None) -> None:
    """Have the kernel send this process `sig` when its parent dies, or do it now if that was the process `parent`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, sig)
        if parent is not None and os.getppid() != parent:  # it died before the line above
            os.kill(os.getpid(), sig)
