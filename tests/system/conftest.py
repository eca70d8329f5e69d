"""The whole service on a real Redis, as a user starts it: `deskcheck serve`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.processes import free_port, running, wait_for
from tests.sources import ROOT


@dataclass(frozen=True)
class Service:
    """A running service and the Redis it uses."""

    url: str
    redis: str


@pytest.fixture(scope="session")
def checkpoint() -> Path:
    """The bundled model, or what CHECKPOINT names."""
    return Path(os.environ.get("CHECKPOINT") or ROOT / "models" / "checkpoints" / "nano").resolve()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A redis-server of the system, with the durability that the product asks for."""
    folder, port = tmp_path_factory.mktemp("redis"), free_port()
    durable = ("--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction")
    argv = ("redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, *durable)
    with running(argv, folder / "log"):
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture(scope="session")
def service(redis_url: str, checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """`deskcheck serve` with the bundled model, ready."""
    folder, port = tmp_path_factory.mktemp("serve"), free_port()
    command = (Path(sys.executable).with_name("deskcheck"), "serve", "--port", str(port), "--verbose")
    place = ("--data", folder / "data", "--checkpoint", checkpoint)
    environment = {"REDIS_URL": redis_url, "DESKCHECK_SOLVE_WORKERS": "1", "DESKCHECK_PREDICT_WORKERS": "2"}
    with running((*command, *place), folder / "log", environment) as process:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/readyz", process, folder / "log", 120)
        yield Service(url, redis_url)


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=60, trust_env=False) as client:
        yield client
