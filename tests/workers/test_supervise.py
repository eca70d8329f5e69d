"""The supervisor, with real processes: logs passed on, deaths reported, restarts bounded, nothing left."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from workers.supervise import RESTARTS, Part, ServiceError, Supervisor


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def _part(name: str, command: str) -> Part:
    return Part(name, lambda: subprocess.Popen(["/bin/sh", "-c", command], stdout=subprocess.PIPE, stderr=-2))


def test_a_part_that_dies_before_it_is_ready_gives_the_reason() -> None:
    supervisor = Supervisor([].append)
    supervisor.start(_part("engine", "echo first; echo the port is taken; exit 7"))
    with pytest.raises(ServiceError, match=r"engine died \(exit status 7\): the port is taken"):
        supervisor.wait(lambda: False, 10.0, "it is")
    supervisor.stop()


def test_waiting_is_bounded() -> None:
    supervisor = Supervisor([].append)
    supervisor.start(_part("engine", "exec sleep 60"))
    try:
        with pytest.raises(ServiceError, match=r"it is not ready within 0\.3 s"):
            supervisor.wait(lambda: False, 0.3, "it is")
    finally:
        supervisor.stop()


def test_a_part_that_keeps_dying_stops_everything_after_bounded_restarts() -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append)
    supervisor.start(_part("api", "echo no luck; kill -9 $$"))
    with pytest.raises(ServiceError, match=r"api died \(SIGKILL\): no luck"):
        supervisor.watch()
    supervisor.stop()
    assert said == ["api died (SIGKILL): no luck; starting it again"] * RESTARTS


def test_logs_are_prefixed_when_wanted_and_a_flood_does_not_block_the_child() -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append, verbose=True)
    supervisor.start(_part("api", "echo first; head -c 300000 /dev/zero | tr '\\0' y; echo; echo last; exec sleep 60"))
    supervisor.wait(lambda: bool(said) and said[-1] == "api     | last", 20.0, "it is")
    supervisor.stop()
    assert said[0] == "api     | first"


def test_a_signal_ends_watching_and_stop_ends_parts_in_reverse_order() -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append, verbose=True)
    for name in ("redis", "api"):
        supervisor.start(_part(name, f"trap 'echo bye {name}; exit 0' TERM; echo up; while :; do sleep 0.05; done"))
    supervisor.wait(lambda: len(said) == 2, 10.0, "it is")
    os.kill(os.getpid(), signal.SIGTERM)
    supervisor.watch()
    supervisor.stop()
    assert said[2:] == ["api     | bye api", "redis   | bye redis"]


def test_a_part_that_ignores_sigterm_is_killed_at_the_second_signal() -> None:
    supervisor = Supervisor([].append)
    part = _part("workers", "trap '' TERM; while :; do sleep 0.05; done")
    supervisor.start(part)
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)
    started = time.monotonic()
    supervisor.stop()
    assert part.process is not None
    assert part.process.poll() == -signal.SIGKILL
    assert time.monotonic() - started < 3
