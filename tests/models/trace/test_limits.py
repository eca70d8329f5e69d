"""The limits of the child process in which programs are traced."""

from __future__ import annotations

import multiprocessing
import resource
import time

import pytest

from models.trace.limits import TimeExceeded, deadline, limit_child
from models.trace.tracer import trace
from models.trace.types import TraceRejected

GREEDY = "def f(s):\n    while True:\n        s = s + s\n    return s"


def greedy() -> str:
    try:
        trace(GREEDY.replace("while True", "while len(s) >= 0"), "function", "f", "'a'")
    except TraceRejected as error:
        return str(error)
    return "was told"


def allocate() -> str:
    try:
        return str(len(bytearray(4 << 30)))
    except MemoryError:
        return f"refused, core {resource.getrlimit(resource.RLIMIT_CORE)[0]}"


def test_memory_is_bounded_in_a_child_and_free_here() -> None:
    with multiprocessing.get_context("spawn").Pool(1, limit_child) as pool:
        assert pool.apply(allocate) == "refused, core 0"
        assert pool.apply(greedy) in ("a value too long to tell", "too slow or too large")
    assert resource.getrlimit(resource.RLIMIT_AS)[0] in (
        resource.RLIM_INFINITY,
        resource.getrlimit(resource.RLIMIT_AS)[1],
    )


def test_the_deadline_stops_a_block_that_catches_exceptions() -> None:
    begun = time.monotonic()
    with pytest.raises(TimeExceeded), deadline(0.1):
        while True:
            try:
                time.sleep(0.01)
            except Exception:  # noqa: BLE001  # what a traced program may do
                continue
    assert time.monotonic() - begun < 5.0


def test_the_limit_is_cpu_time_so_that_a_busy_machine_drops_nothing() -> None:
    with deadline(0.1):
        time.sleep(0.3)
    begun = time.process_time()
    with pytest.raises(TimeExceeded), deadline(0.1):
        while True:
            pass
    assert time.process_time() - begun < 1.0


def test_a_block_in_time_leaves_no_alarm_behind() -> None:
    with deadline(0.05):
        pass
    time.sleep(0.1)
