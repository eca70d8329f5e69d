"""A process that ends with the one that started it, so that none is left behind that nobody knows of."""

from __future__ import annotations

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(sig: signal.Signals) -> None:
    """Have the kernel send this process `sig` when its parent dies. Linux only; elsewhere orphans end by themselves."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, sig)
