"""A completer around a completer: bounds the requests in flight, and counts what one phase costs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from workers.pipeline.completer import Completer, CompletionRequest
from workers.pipeline.model import Model
from workers.pipeline.types import Completion, Phase, Usage

Progress = Callable[[int, int], None]
"""Called with (requests answered, requests in all) as a phase goes on."""


class Meter:
    """One phase's view of the model server."""

    def __init__(
        self, completer: Completer, concurrency: int, total: int = 0, progress: Progress | None = None
    ) -> None:
        """At most `concurrency` requests at once; `progress` is told of each of `total` answers."""
        self._completer = completer
        self._slots = asyncio.Semaphore(concurrency)
        self._total = total
        self._progress = progress
        self._start = time.perf_counter()
        self._requests = 0
        self._usage = Usage()

    async def complete(self, request: CompletionRequest) -> Completion:
        """As `Completer.complete`, when a slot is free."""
        try:
            async with self._slots:
                completion = await self._completer.complete(request)
        finally:
            self._requests += 1
        self._usage += completion.usage
        if self._progress is not None:
            self._progress(self._requests, max(self._total, self._requests))
        return completion

    def phase(self) -> Phase:
        """The cost so far."""
        return Phase(time.perf_counter() - self._start, self._usage, self._requests)


def metered(model: Model, concurrency: int, total: int, progress: Progress | None) -> tuple[Model, Meter]:
    """The same model, seen through a new meter."""
    meter = Meter(model.completer, concurrency, total, progress)
    return replace(model, completer=meter), meter
