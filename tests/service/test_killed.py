"""`kill -9` in the middle of a job, of real processes: the job runs again or ends with a reason, never hangs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.service.conftest import PREDICT, SOLVE, Service, ended, status
from tests.service.processes import children, descendants, kill_hard, wait_for

LIMIT_S = 30.0
NO_WAIT = {"Prefer": "wait=0"}


def busy_worker(service: Service) -> tuple[int, int]:
    """Process ids of the worker that runs a job, and of its work horse."""
    for worker in children(service.workers.pid):
        if horses := children(worker):
            return worker, horses[0]
    raise AssertionError("no worker runs a job")


def test_worker_and_horse_killed_the_job_runs_again_and_succeeds(service: Service) -> None:
    service.engine.hold.set()
    client = service.client(retries=1)
    job_id = client.post("/solve", json=SOLVE).json()["id"]
    wait_for(lambda: service.engine.waiting == 2, 10, "the job to ask the engine")
    before = service.engine.requests
    for pid in busy_worker(service):
        kill_hard(pid)
    wait_for(lambda: service.engine.requests > before, LIMIT_S, "the second run")
    assert status(client, job_id) == "running"
    service.engine.hold.clear()
    assert ended(client, job_id)["status"] == "succeeded"


def test_worker_and_horse_killed_without_retries_the_job_fails_with_a_reason(service: Service) -> None:
    service.engine.hold.set()
    client = service.client(retries=0)
    job_id = client.post("/predict-output", json=PREDICT, headers=NO_WAIT).json()["id"]
    wait_for(lambda: service.engine.waiting, 10, "the job to ask the engine")
    started = time.monotonic()
    for pid in busy_worker(service):
        kill_hard(pid)
    job = ended(client, job_id, LIMIT_S)
    assert time.monotonic() - started < LIMIT_S
    assert job["status"] == "failed"
    assert job["error"]["type"] == "urn:deskcheck:problem:worker-lost"
    assert job["error"]["detail"]


@pytest.mark.parametrize("retries", [0, 1])
def test_only_the_horse_killed_as_for_want_of_memory(service: Service, retries: int) -> None:
    service.engine.hold.set()
    client = service.client(retries=retries)
    job_id = client.post("/predict-output", json=PREDICT, headers=NO_WAIT).json()["id"]
    wait_for(lambda: service.engine.waiting, 10)
    kill_hard(busy_worker(service)[1])
    wait_for(lambda: service.engine.gone, 5, "its connection to close")
    service.engine.hold.clear()
    job = ended(client, job_id)
    assert job["status"] == ("succeeded" if retries else "failed")
    assert retries or job["error"]["type"] == "urn:deskcheck:problem:worker-lost"


def test_a_horse_dies_with_its_worker_so_no_job_runs_twice(service: Service) -> None:
    service.engine.hold.set()
    client = service.client()
    job_id = client.post("/predict-output", json=PREDICT, headers=NO_WAIT).json()["id"]
    wait_for(lambda: service.engine.waiting, 10)
    kill_hard(busy_worker(service)[0])
    wait_for(lambda: service.engine.gone == 1, 5, "the orphan's connection to close")
    service.engine.hold.clear()
    assert ended(client, job_id)["status"] == "succeeded"
    assert service.engine.requests == 2


def test_sigterm_ends_all_processes_and_the_next_start_runs_what_was_left(service: Service) -> None:
    service.engine.hold.set()
    client = service.client()
    job_id = client.post("/predict-output", json=PREDICT, headers=NO_WAIT).json()["id"]
    wait_for(lambda: service.engine.waiting, 10)
    everyone = descendants(service.workers.pid)
    assert len(everyone) == 3  # two workers and a horse
    assert service.workers.stop() == 0
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in everyone), 5, "every process to end")
    service.engine.hold.clear()
    service.workers.start()
    assert ended(client, job_id)["status"] == "succeeded"


def test_workers_do_not_outlive_the_process_that_started_them(service: Service) -> None:
    workers = children(service.workers.pid)
    assert len(workers) == 2
    kill_hard(service.workers.pid)
    service.workers.kill()  # only to wait for it
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), 10, "the workers to end")
    service.workers.start()


def test_all_workers_killed_for_good_the_job_fails_with_a_reason(service: Service) -> None:
    service.engine.hold.set()
    client = service.client(lost_after_s=6.0, worker_silence_s=6.0)
    job_id = client.post("/solve", json=SOLVE).json()["id"]
    wait_for(lambda: service.engine.waiting == 2, 10, "the job to ask the engine")
    service.workers.kill()
    assert status(client, job_id) == "running"
    job = ended(client, job_id, LIMIT_S)
    assert (job["status"], job["error"]["type"]) == ("failed", "urn:deskcheck:problem:worker-lost")
    service.engine.hold.clear()
    before = service.engine.requests
    service.workers.start()
    client.post("/predict-output", json=PREDICT, headers={"Prefer": "wait=30"}).raise_for_status()
    assert service.engine.requests == before + 1  # what had failed was not run again
