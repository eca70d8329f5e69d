"""Keeps a set of processes running: passes their logs on, restarts what dies, stops all in order.

One thread and one loop, so that nothing races. Knows processes by what they can be told, not how they are started
(`workers.serve` does that) nor what they do.
"""

from __future__ import annotations

import os
import selectors
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Protocol

from workers.pipeline.errors import DeskcheckError

TICK_S = 0.1
RESTARTS, WINDOW_S = 3, 60.0
"""A part may die this often within the window and is started again; once more stops everything."""
STOP_S = 8.0
"""From SIGTERM to SIGKILL for each part."""
_TAIL = 5
"""Last lines of a dead part's log that are shown."""


class ServiceError(DeskcheckError):
    """A part of the service does not start or keeps dying."""


class Process(Protocol):
    """The part of `subprocess.Popen` that is used."""

    stdout: IO[bytes] | None

    def poll(self) -> int | None:
        """Exit status, None while it runs."""

    def terminate(self) -> None:
        """Send SIGTERM."""

    def kill(self) -> None:
        """Send SIGKILL."""


@dataclass(slots=True)
class Part:
    """One process of the service; `start` makes a new one, its stdout a pipe."""

    name: str
    start: Callable[[], Process]
    process: Process | None = None
    partial: bytes = b""
    """Log bytes after the last line end."""
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=_TAIL))
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS + 1))


class Supervisor:
    """Runs parts until SIGINT, SIGTERM or SIGHUP. `say` gets a line for people; child logs only if `verbose`."""

    def __init__(self, say: Callable[[str], None], verbose: bool = False) -> None:
        self._say = say
        self._verbose = verbose
        self._parts: list[Part] = []
        self._logs = selectors.DefaultSelector()
        self._signals = 0
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup sets it
            signal.signal(signal.SIGHUP, self._on_signal)

    @property
    def stopping(self) -> bool:
        """Whether somebody asked for the end."""
        return self._signals > 0

    def start(self, part: Part) -> None:
        """Start a part and look after it from now on; nothing is started any more once a stop is asked for."""
        if self.stopping:
            return
        self._parts.append(part)
        self._launch(part)

    def wait(self, ready: Callable[[], bool], limit_s: float, what: str) -> None:
        """Until `ready()` or a stop signal. Raises `ServiceError` if a part dies or the limit passes before."""
        deadline = time.monotonic() + limit_s
        while not self.stopping and not ready():
            self._tick()
            for part in self._dead():
                raise ServiceError(self._obituary(part))
            if time.monotonic() > deadline:
                raise ServiceError(f"{what} not ready within {limit_s:g} s")

    def watch(self) -> None:
        """Until a stop signal; restarts what dies. Raises `ServiceError` if a part dies too often."""
        while not self.stopping:
            self._tick()
            for part in self._dead():
                part.deaths.append(time.monotonic())
                if len(part.deaths) > RESTARTS and part.deaths[-1] - part.deaths[0] < WINDOW_S:
                    raise ServiceError(f"{self._obituary(part)} (for the {RESTARTS + 1}th time in {WINDOW_S:g} s)")
                self._say(f"{self._obituary(part)}; starting it again")
                self._launch(part)

    def stop(self) -> None:
        """Stop all parts, the last started first; a second signal, or time, turns SIGTERM into SIGKILL."""
        for part in reversed(self._parts):
            if part.process is None or part.process.poll() is not None:
                continue
            part.process.terminate()
            deadline = time.monotonic() + STOP_S
            while part.process.poll() is None:
                self._tick()
                if time.monotonic() > deadline or self._signals > 1:
                    part.process.kill()
        for part in self._parts:
            self._drain(part)
        self._logs.close()

    def _on_signal(self, *_: object) -> None:
        self._signals += 1

    def _launch(self, part: Part) -> None:
        part.process, part.partial = part.start(), b""
        if part.process.stdout is not None:
            self._logs.register(part.process.stdout, selectors.EVENT_READ, part)

    def _dead(self) -> Sequence[Part]:
        return [part for part in self._parts if part.process is not None and part.process.poll() is not None]

    def _tick(self) -> None:
        """Wait a moment for log lines and pass them on."""
        if not self._logs.get_map():
            time.sleep(TICK_S)
        for key, _ in self._logs.select(TICK_S):
            data = os.read(key.fd, 1 << 16)
            if not data:
                self._logs.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]
                data = b"\n" if key.data.partial else b""
            self._log(key.data, data)

    def _log(self, part: Part, data: bytes) -> None:
        *lines, part.partial = (part.partial + data).split(b"\n")
        part.partial = part.partial[-(1 << 16) :]
        for line in lines:
            text = line.decode(errors="replace")
            part.tail.append(text)
            if self._verbose:
                self._say(f"{part.name:8}| {text}")

    def _obituary(self, part: Part) -> str:
        self._drain(part)
        code = part.process.poll() if part.process is not None else None
        how = f"exit status {code}"
        if code is not None and code < 0:
            with suppress(ValueError):
                how = signal.Signals(-code).name
        last = [line.strip() for line in part.tail if line.strip()]
        return f"{part.name} died ({how})" + (f": {last[-1]}" if last else "")

    def _drain(self, part: Part) -> None:
        """Read what a dead part left in its pipe; its children may hold the pipe open, so only what is there."""
        stdout = part.process.stdout if part.process is not None else None
        while stdout is not None and not stdout.closed:
            os.set_blocking(stdout.fileno(), False)
            with suppress(BlockingIOError):
                if data := os.read(stdout.fileno(), 1 << 16):
                    self._log(part, data)
                    continue
            self._logs.unregister(stdout)
            stdout.close()
