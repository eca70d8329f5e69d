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


WALL = 20.0
"""A block may take so many times its limit of CPU time, as one that sleeps does."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raises `TimeExceeded` in the block once it has used `seconds` of CPU time. Main thread only.

    CPU time, because what is dropped must not depend on who else is using the machine; a block that waits instead of
    computing is stopped after `WALL` times as long on the clock.
    """

    def expire(_signum: int, _frame: object) -> None:
        raise TimeExceeded

    timers = ((signal.SIGPROF, signal.ITIMER_PROF, seconds), (signal.SIGALRM, signal.ITIMER_REAL, WALL * seconds))
    previous = [signal.signal(number, expire) for number, _, _ in timers]
    for _, timer, limit in timers:
        signal.setitimer(timer, limit)
    try:
        yield
    finally:
        for _, timer, _ in timers:
            signal.setitimer(timer, 0)
        for (number, _, _), handler in zip(timers, previous, strict=True):
            signal.signal(number, handler)
