"""Freed memory is kept: training on a CPU frees and asks for the same large blocks at every step.

By default glibc gives blocks of some size back to the kernel at once, and each new one is zeroed page by page: in
reinforcement learning of the nano model that was a third of the time.
"""

from __future__ import annotations

import ctypes

TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
"""Parameters of mallopt(3)."""


def keep_freed() -> None:
    """Serve blocks up to 1 GiB, 32 MiB with an old glibc, from memory that is never given back.

    Does nothing where the C library is not glibc. Call it before threads are started: they share one arena from then
    on, as those of their own hold 64 MiB at most.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return
    if not mallopt(MMAP_THRESHOLD, 1 << 30):  # an old glibc takes no more than half an arena
        mallopt(MMAP_THRESHOLD, 1 << 25)
    mallopt(TRIM_THRESHOLD, (1 << 31) - 1)
    mallopt(ARENA_MAX, 1)
