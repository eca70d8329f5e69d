"""Both servers for one checkpoint, for the whole session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources import ROOT
from tests.vllm.servers import engine_server, vllm_server
from workers.pipeline.manifest import Manifest, read_manifest


@pytest.fixture(scope="session")
def checkpoint() -> Path:
    """The bundled model, or what CHECKPOINT names."""
    return Path(os.environ.get("CHECKPOINT") or ROOT / "models" / "checkpoints" / "nano").resolve()


@pytest.fixture(scope="session")
def manifest(checkpoint: Path) -> Manifest:
    return read_manifest(checkpoint)


@pytest.fixture(scope="session")
def vllm_url(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with vllm_server(checkpoint, tmp_path_factory.mktemp("vllm")) as url:
        yield url


@pytest.fixture(scope="session")
def engine_url(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with engine_server(checkpoint, tmp_path_factory.mktemp("engine")) as url:
        yield url
