"""The model under evaluation: a server given by URL, or the embedded engine started on a checkpoint for the time."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from workers.pipeline.errors import CompleterUnavailable
from workers.pipeline.manifest import read_manifest
from workers.pipeline.model import Model
from workers.pipeline.openai import OpenAICompleter
from workers.pipeline.types import PromptStyle

START_SECONDS = 120.0


@asynccontextmanager
async def served(checkpoint: Path, concurrency: int) -> AsyncIterator[Model]:
    """Start `python -m workers.engine` on a loopback port and stop it at the end. Raises CompleterUnavailable."""
    manifest = read_manifest(checkpoint)
    port = _free_port()
    command = [sys.executable, "-m", "workers.engine", "--checkpoint", str(checkpoint), "--port", str(port)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=dict(os.environ))
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process)
        async with OpenAICompleter(url, manifest.name, concurrency=concurrency, timeout=3600.0) as completer:
            yield Model(completer, manifest.prompt_style, manifest.context_length, manifest.calibration, manifest.name)
    finally:
        process.terminate()
        process.wait(10)


@asynccontextmanager
async def remote(url: str, name: str, style: PromptStyle, concurrency: int) -> AsyncIterator[Model]:
    """A model behind any OpenAI-compatible URL."""
    async with OpenAICompleter(url, name, concurrency=concurrency, timeout=3600.0) as completer:
        yield Model(completer, style, name=name)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise CompleterUnavailable(f"the engine ended at once with exit code {process.returncode}")
        try:
            if httpx.get(f"{url}/health", timeout=2.0).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise CompleterUnavailable(f"the engine did not answer within {START_SECONDS:.0f} s")
