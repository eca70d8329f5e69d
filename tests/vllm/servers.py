"""Two servers for one checkpoint: vLLM's CPU build from its own environment, and the embedded engine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.processes import free_port, running, wait_for
from tests.sources import ROOT
from workers.pipeline.manifest import read_manifest

VLLM_PYTHON = ROOT / ".venv-vllm" / "bin" / "python"
START_SECONDS = 300.0
"""vLLM needs about 40 s on two free cores."""


@contextmanager
def vllm_server(checkpoint: Path, folder: Path) -> Iterator[str]:
    """Base URL of a real vLLM server with the checkpoint in float32; its log goes to `folder`."""
    manifest, log, port = read_manifest(checkpoint), folder / "vllm.log", free_port()
    server = ("-m", "vllm.entrypoints.openai.api_server", "--host", "127.0.0.1", "--port", str(port))
    model = ("--model", checkpoint, "--served-model-name", manifest.name, "--dtype", "float32")
    limits = ("--max-model-len", str(manifest.context_length), "--max-num-seqs", "32", "--enforce-eager")
    environment = {
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # cores are shared with whatever else runs here
    }
    with running([VLLM_PYTHON, *server, *model, *limits], log, environment) as process:
        wait_for(f"http://127.0.0.1:{port}/health", process, log, START_SECONDS)
        yield f"http://127.0.0.1:{port}"


@contextmanager
def engine_server(checkpoint: Path, folder: Path) -> Iterator[str]:
    """Base URL of the embedded engine with the same checkpoint, float32 as well; log and cache go to `folder`."""
    log, port = folder / "engine.log", free_port()
    server = ("-m", "workers.engine", "--checkpoint", checkpoint, "--port", str(port), "--cache", folder / "cache")
    with running([sys.executable, *server], log) as process:
        wait_for(f"http://127.0.0.1:{port}/health", process, log, 60)
        yield f"http://127.0.0.1:{port}"
