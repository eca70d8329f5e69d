"""A model for one command: the one behind a URL, or an engine that lives as long as the command; and its progress.

Knows how to reach a model and to show that work goes on, not what is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from workers.model import open_model
from workers.pipeline.manifest import read_manifest
from workers.pipeline.model import Model
from workers.pipeline.openai import OpenAICompleter
from workers.pipeline.solve import Event
from workers.serve import BUNDLED, engine
from workers.settings import WorkerSettings
from workers.wire import LIMITS

_EMBEDDED_TIMEOUT_S = 900.0
"""For one request to the embedded engine, in which it may wait for all others."""

T = TypeVar("T")
Told = Callable[[Event | str], None]
"""Takes how far the work is: an event of `solve`, or what goes on in words."""


def ask(settings: WorkerSettings, url: str | None, work: Callable[[Model], Awaitable[T]], told: Told) -> T:
    """Do some work with the model behind `url`, or with an engine that lives as long as the work."""

    async def run(uds: Path | None) -> T:
        async with _model(settings, uds) as model:
            told("asking the model")
            return await work(model)

    if url is not None:
        return asyncio.run(run(None))
    checkpoint = settings.checkpoint or BUNDLED
    read_manifest(checkpoint)
    told("starting the engine")
    with engine(checkpoint) as uds:
        return asyncio.run(run(uds))


@asynccontextmanager
async def _model(settings: WorkerSettings, uds: Path | None) -> AsyncIterator[Model]:
    """The model of the settings, reached over a unix socket if one is given."""
    async with open_model(settings) as model:
        if uds is None:
            yield model
            return
        limits = httpx.Limits(max_connections=LIMITS.concurrency)
        transport = httpx.AsyncHTTPTransport(uds=str(uds), limits=limits)
        async with httpx.AsyncClient(transport=transport, timeout=None) as client:  # the completer sets a deadline
            name = read_manifest(settings.checkpoint or BUNDLED).name
            completer = OpenAICompleter("http://engine", name, timeout=_EMBEDDED_TIMEOUT_S, client=client)
            yield replace(model, completer=completer, name=name)


@contextmanager
def progress() -> Iterator[Told]:
    """Something to tell events to; shown on stderr if that is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def told(event: Event | str) -> None:
            if isinstance(event, str):
                bar.update(task, description=event)
                return
            name = f"{event.phase}, round {event.round}" if event.round else event.phase
            bar.update(task, description=name, completed=event.done, total=event.total)

        yield told
