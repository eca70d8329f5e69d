"""A running service: Redis, workers, a scripted model server, and the API in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from redis import Redis

from app.main import create_app
from app.settings import AppSettings
from tests.service.engine import ScriptedEngine
from tests.service.processes import RedisServer, Workers, own_redis, wait_for

PROBLEM = {
    "statement": "Return the sum of the squares of the even numbers in the list.",
    "entry_point": "f",
    "public_tests": [{"input": "[1, 2, 3, 4]", "output": "20"}, {"input": "[]", "output": "0"}],
}
SOLVE = {"problem": PROBLEM, "config": {"candidates": 2, "rounds": 1}}
PREDICT = {"code": "def f(xs):\n    return 20", "input": "[1, 2, 3, 4]", "entry_point": "f"}


@dataclass
class Service:
    """Handles on every part."""

    redis: RedisServer
    engine: Any
    """A ScriptedEngine, or anything else that has a `url`."""
    workers: Workers
    folder: Path
    opened: ExitStack

    def client(self, **settings: Any) -> TestClient:
        """The API as its users see it, with some settings changed."""
        settings = {"redis_url": self.redis.url, "engine_url": self.engine.url, "redis_timeout_s": 2.0} | settings
        client = TestClient(create_app(AppSettings(**settings)), raise_server_exceptions=False)
        return self.opened.enter_context(client)

    def connection(self) -> Redis:
        return Redis.from_url(self.redis.url)


def ended(client: TestClient, job_id: str, limit_s: float = 30) -> dict[str, Any]:
    """The job once it is in a final state."""

    def look() -> dict[str, Any] | None:
        job: dict[str, Any] = client.get(f"/jobs/{job_id}").json()
        return job if job["status"] not in ("queued", "running") else None

    found: dict[str, Any] = wait_for(look, limit_s, f"job {job_id} to end")
    return found


def status(client: TestClient, job_id: str) -> str:
    found: str = client.get(f"/jobs/{job_id}").json()["status"]
    return found


@pytest.fixture(scope="package")
def redis_server() -> Iterator[RedisServer]:
    with own_redis() as server:
        yield server


@pytest.fixture(scope="package")
def scripted() -> Iterator[ScriptedEngine]:
    engine = ScriptedEngine()
    yield engine
    engine.close()


@pytest.fixture(scope="package")
def running(redis_server: RedisServer, scripted: ScriptedEngine, tmp_path_factory: Any) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    workers = Workers(redis_server.url, scripted.url, folder / "workers.log")
    workers.start()
    with ExitStack() as opened:
        yield Service(redis_server, scripted, workers, folder, opened)
    workers.kill()


@pytest.fixture
def service(running: Service) -> Iterator[Service]:
    """The running service, every part up and idle."""
    client = running.client()
    wait_for(lambda: client.get("/readyz").status_code == 200, 20, "readiness")
    yield running
    running.engine.reset()
