"""Time and memory limits for a child process that traces generated programs."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager


class TimeExceeded(BaseException):
    """The deadline passed. Not an Exception, so that a traced program cannot catch it."""


def limit_child(memory_bytes: int = 3 << 30) -> None:
    """To be called once in a child process: bounds its address space and forbids core dumps."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raises `TimeExceeded` in the block once `seconds` of wall time are over. Main thread only."""

    def expire(_signum: int, _frame: object) -> None:
        raise TimeExceeded

    previous = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
