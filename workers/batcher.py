"""Waiting requests become groups that decode together; a fixed number of threads decode them.

A group is a share of the waiting greedy requests, the oldest first and then those nearest to it in prompt length, or
one sampled request. A request that was cancelled is skipped while it waits and leaves its batch at its next token. The
queue is bounded. Knows nothing of HTTP, text or CTranslate2.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from workers.decoding import Decoding, Row


class Busy(Exception):
    """The queue is full."""


class Closed(Exception):
    """The batcher is closed: nothing more is decoded."""


class Decode(Protocol):
    """`workers.decoding.Decoder.decode`."""

    def __call__(self, rows: Sequence[Row], on_end: Callable[[Row], None]) -> None:
        """Continue the rows; call `on_end` once for each, as soon as it ends."""


@dataclass(frozen=True, slots=True)
class Generated:
    """What was generated for one request; the two tuples are aligned."""

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How requests are grouped."""

    decoders: int
    """Groups in flight at once, one core each."""
    max_batch: int = 8
    """In larger ones each row waits longer for its next token: CTranslate2 copies the key-value cache of all of them at
    every step. Where only the sum counts they are faster (`models/eval/engine.py`)."""
    max_waiting: int = 1024
    window_s: float = 0.003
    """How long the oldest greedy request waits for company."""


@dataclass(slots=True, eq=False)
class _Request:
    row: Row
    future: Future[Generated] = field(default_factory=Future)
    arrived: float = field(default_factory=time.monotonic)


class Batcher:
    """Owns the queue and the decoding threads. `close` ends them."""

    def __init__(self, decode: Decode, limits: BatchLimits) -> None:
        self._decode, self._limits = decode, limits
        self._changed = threading.Condition()
        self._waiting: list[_Request] = []
        self._running: set[_Request] = set()
        self._idle = 0
        self._closed = False
        self.generated_tokens = 0
        self._threads = [threading.Thread(target=self._run, name=f"decoder-{i}") for i in range(limits.decoders)]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Requests in the queue."""
        return sum(not request.future.cancelled() for request in tuple(self._waiting))

    @property
    def running(self) -> int:
        """Requests that take part in a batch now, cancelled ones included until they have left it."""
        return len(self._running)

    def submit(self, decoding: Decoding, stops: Callable[[int], bool]) -> Future[Generated]:
        """Queue one request. Cancelling the future frees its place. Raises Busy or Closed."""
        future: Future[Generated] = Future()
        row = Row(decoding, lambda token: future.cancelled() or stops(token))
        with self._changed:
            if self._closed:
                raise Closed
            self._drop_cancelled()
            if len(self._waiting) >= self._limits.max_waiting:
                raise Busy
            self._waiting.append(_Request(row, future))
            self._changed.notify_all()
        return future

    def close(self) -> None:
        """Cancel what waits or runs, and wait for the threads to end, which they do within a token. May be repeated."""
        with self._changed:
            self._closed = True
            for request in (*self._waiting, *self._running):
                request.future.cancel()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while group := self._take():
            try:
                self._decode([request.row for request in group], partial(self._end, {r.row: r for r in group}))
                self._fail(group, RuntimeError("the decoder returned without ending this request"))  # none, as a rule
            except Exception as error:  # noqa: BLE001  # told to those who wait; the thread lives on
                self._fail(group, error)

    def _take(self) -> list[_Request]:
        """The next group, once there is one; empty when closed."""
        with self._changed:
            self._idle += 1
            try:
                while not self._closed:
                    self._drop_cancelled()
                    pause = self._pause()
                    if pause is not None and pause <= 0:
                        return self._group()
                    self._changed.wait(pause)
                return []
            finally:
                self._idle -= 1

    def _pause(self) -> float | None:
        """Seconds until the oldest request may start; None if nothing waits."""
        if not self._waiting:
            return None
        oldest = self._waiting[0]
        company = sum(request.row.decoding.greedy for request in self._waiting)
        if not oldest.row.decoding.greedy or company >= self._limits.max_batch * self._idle:
            return 0.0
        return oldest.arrived + self._limits.window_s - time.monotonic()

    def _group(self) -> list[_Request]:
        """Take the oldest request and its company out of the queue. Idle decoders share what waits evenly."""
        oldest = self._waiting[0]
        group = [oldest]
        if oldest.row.decoding.greedy:
            length = len(oldest.row.decoding.prompt)
            company = [request for request in self._waiting if request.row.decoding.greedy]
            company.sort(key=lambda request: abs(len(request.row.decoding.prompt) - length))  # stable: oldest first
            group = company[: min(self._limits.max_batch, -(-len(company) // self._idle))]
        taken = set(group)
        self._waiting = [request for request in self._waiting if request not in taken]
        self._running |= taken
        return group

    def _drop_cancelled(self) -> None:
        self._waiting = [request for request in self._waiting if not request.future.cancelled()]

    def _end(self, requests: Mapping[Row, _Request], row: Row) -> None:
        request = requests[row]
        with self._changed:
            self._running.discard(request)
            self.generated_tokens += len(request.row.tokens)
        if request.future.set_running_or_notify_cancel():
            request.future.set_result(Generated(tuple(request.row.tokens), tuple(request.row.logprobs)))

    def _fail(self, group: Sequence[_Request], error: Exception) -> None:
        with self._changed:
            failed = self._running.intersection(group)
            self._running -= failed
        for request in failed:
            if request.future.set_running_or_notify_cancel():
                request.future.set_exception(error)
