"""Redis away, queues that nobody serves, queues that are full."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.service.conftest import PREDICT, SOLVE, Service, ended, status
from tests.service.engine import ScriptedEngine
from tests.service.processes import Workers, own_redis, wait_for

NO_WAIT = {"Prefer": "wait=0"}


@pytest.fixture
def idle(scripted: ScriptedEngine, tmp_path: Path) -> Iterator[Service]:
    """A service of its own without workers; they can be started."""
    with own_redis() as redis, ExitStack() as opened:
        workers = Workers(redis.url, scripted.url, tmp_path / "workers.log")
        yield Service(redis, scripted, workers, tmp_path, opened)
        workers.kill()
        scripted.reset()


def test_a_job_that_waits_too_long_expires_and_never_runs(idle: Service) -> None:
    client = idle.client(queued_limit_s=0.2)
    job_id = client.post("/solve", json=SOLVE).json()["id"]
    seen = wait_for(lambda: status(client, job_id) == "expired", 5)
    assert seen
    idle.workers.start()
    late = idle.client().post("/predict-output", json=PREDICT, headers={"Prefer": "wait=20"})
    assert late.status_code == 200
    job = client.get(f"/jobs/{job_id}").json()
    assert job["status"] == "expired"
    assert job["error"]["type"] == "urn:deskcheck:problem:expired"
    assert idle.engine.requests == 1


def test_a_late_worker_expires_a_job_that_nobody_looked_at(idle: Service) -> None:
    client = idle.client(queued_limit_s=0.2)
    job_id = client.post("/predict-output", json=PREDICT, headers=NO_WAIT).json()["id"]
    with idle.connection() as redis:
        submitted = redis.time()[0]
        wait_for(lambda: redis.time()[0] >= submitted + 2, 5)
        idle.workers.start()
        wait_for(lambda: redis.hget(f"rq:job:{job_id}", "deskcheck_outcome") == b"expired", 20, "the expiry")
    assert idle.engine.requests == 0


def test_a_full_queue_refuses_with_a_time_to_come_back(idle: Service) -> None:
    client = idle.client(queue_limit=2)
    for _ in range(2):
        assert client.post("/solve", json=SOLVE).status_code == 202
    refused = client.post("/solve", json=SOLVE)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.json()["type"] == "urn:deskcheck:problem:queue-full"
    assert 'deskcheck_rejected_requests_total{reason="queue-full"} 1.0' in client.get("/metrics").text


def test_accepted_jobs_survive_a_killed_redis_and_its_absence_is_a_503(idle: Service) -> None:
    client = idle.client()
    job_id = client.post("/predict-output", json=PREDICT, headers=NO_WAIT).json()["id"]
    idle.redis.kill()
    for answer in (client.post("/solve", json=SOLVE), client.get(f"/jobs/{job_id}"), client.get("/readyz")):
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/healthz").status_code == 200
    assert "deskcheck_redis_up 0.0" in client.get("/metrics").text
    idle.redis.start()
    idle.workers.start()
    assert ended(client, job_id)["status"] == "succeeded"


def test_a_job_outlives_a_restart_of_redis_while_it_runs(idle: Service) -> None:
    idle.workers.start()
    idle.engine.hold.set()
    client = idle.client()
    job_id = client.post("/predict-output", json=PREDICT, headers=NO_WAIT).json()["id"]
    wait_for(lambda: idle.engine.waiting, 15)
    wait_for(lambda: status(client, job_id) == "running", 5)
    idle.redis.kill()
    time.sleep(3)  # some heartbeats, and longer than the reaper's grace
    idle.engine.hold.clear()
    idle.redis.start()
    assert ended(client, job_id)["status"] == "succeeded"
    assert idle.engine.requests == 1


def test_readiness_names_what_is_missing(idle: Service) -> None:
    client = idle.client(engine_url="http://127.0.0.1:9/v1")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"redis": True, "workers": {"solve": 0, "predict": 0}, "engine": False}
    for missing in ("engine", "solve worker", "predict worker"):
        assert missing in answer.json()["detail"]
