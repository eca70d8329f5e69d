"""A child process that traces generated programs: its limits of time and memory, its hash seed, its end."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait


class TimeExceeded(BaseException):
    """The deadline passed. Not an Exception, so that a traced program cannot catch it."""


def limit_child(memory_bytes: int = 3 << 30) -> None:
    """To be called once in a child process: bounds its address space, forbids core dumps, ends it with its parent."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    end_with_parent()


def end_with_parent() -> None:
    """To be called in a child process: it ends when its parent does. Does nothing in a process that is no child.

    A parent that is killed cannot tell its children: they would go on and write into what is made anew.
    """
    if (parent := multiprocessing.parent_process()) is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def hash_seed() -> Iterator[None]:
    """Children started in the block have PYTHONHASHSEED=0, since the order of a set is seen in traces and outputs."""
    before = os.environ.get("PYTHONHASHSEED")
    os.environ["PYTHONHASHSEED"] = "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONHASHSEED"]
        else:
            os.environ["PYTHONHASHSEED"] = before


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
