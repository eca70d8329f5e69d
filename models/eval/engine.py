"""The model under evaluation: behind a URL, with a manifest or without, or in an embedded engine for the time."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from workers.pipeline.errors import CompleterUnavailable, InputError
from workers.pipeline.manifest import Manifest, read_manifest
from workers.pipeline.model import Model
from workers.pipeline.openai import OpenAICompleter

MAX_BATCH = 48
"""Runs differ in length, and a batch lasts as long as its longest, so that large ones waste less. Of 20.3M parameters
one core makes 307 tokens/s with it, 230 with 16. Whoever waits for one answer is served sooner by small ones."""
START_SECONDS, STOP_SECONDS, LIST_SECONDS = 120.0, 10.0, 30.0


@asynccontextmanager
async def served(checkpoint: Path, concurrency: int, threads: int = 0) -> AsyncIterator[Model]:
    """Start `python -m workers.engine` on a loopback port and stop it at the end; 0 `threads` are all cores.

    On Linux it ends with this process, however that ends.

    Raises CompleterUnavailable.
    """
    manifest = read_manifest(checkpoint)
    port = _free_port()
    command = [sys.executable, "-m", "workers.engine", "--checkpoint", str(checkpoint), "--port", str(port)]
    command += ["--max-batch", str(MAX_BATCH), "--parent", str(os.getpid())]
    command += ["--threads", str(threads)] if threads else []
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdin=quiet, stdout=quiet)
    url = f"http://127.0.0.1:{port}"
    try:
        await _ready(url, process)
        async with remote(url, manifest, manifest.name, concurrency) as model:
            yield model
    finally:
        await _stop(process)


@asynccontextmanager
async def remote(url: str, manifest: Manifest, name: str, concurrency: int) -> AsyncIterator[Model]:
    """The model of a manifest behind any OpenAI-compatible URL, where it is called `name`."""
    async with OpenAICompleter(url, name, _key(), concurrency=concurrency, timeout=3600.0) as completer:
        style, context = manifest.prompt_style, manifest.context_length
        yield Model(completer, style, context, manifest.calibration, name, manifest.belief, manifest.others)


@asynccontextmanager
async def chat(url: str, name: str, context: int, concurrency: int) -> AsyncIterator[Model]:
    """A chat model as it is, which has no manifest: nothing was measured of it, so its confidences are its own."""
    async with OpenAICompleter(url, name, _key(), concurrency=concurrency, timeout=3600.0) as completer:
        yield Model(completer, "chat", context, name=name)


async def only_model(url: str) -> str:
    """The name of the one model that a server has. Raises InputError where it has another number of them, or no list.

    Raises CompleterUnavailable where it cannot be asked.
    """
    base = url.rstrip("/")
    try:
        where = f"{base}/models" if httpx.URL(base).path.strip("/") else f"{base}/v1/models"
        headers = {"Authorization": f"Bearer {key}"} if (key := _key()) else {}
        async with httpx.AsyncClient(timeout=LIST_SECONDS) as client:
            answer = await client.get(where, headers=headers)
        names = [str(entry["id"]) for entry in answer.json()["data"]]
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise InputError(f"not a URL of a model server: {url!r} ({error})") from None
    except httpx.HTTPError as error:
        raise CompleterUnavailable(f"model server at {base}: {type(error).__name__}: {error}") from error
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{base} does not list its models: name one with --model") from None
    if len(names) != 1:
        raise InputError(f"{base} has {len(names)} models: name one with --model ({', '.join(names[:5])})")
    return names[0]


def _key() -> str | None:
    """As serving reads it."""
    return os.environ.get("DESKCHECK_ENGINE_API_KEY") or os.environ.get("OPENAI_API_KEY") or None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _ready(url: str, process: asyncio.subprocess.Process) -> None:
    until = time.monotonic() + START_SECONDS
    async with httpx.AsyncClient(timeout=2.0) as client:
        while time.monotonic() < until:
            if process.returncode is not None:
                raise CompleterUnavailable(f"the engine ended at once with exit code {process.returncode}")
            try:
                if (await client.get(f"{url}/health")).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:  # not listening yet
                pass
            await asyncio.sleep(0.1)
    raise CompleterUnavailable(f"the engine did not answer within {START_SECONDS:.0f} s")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
