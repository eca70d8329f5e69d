"""The service on the real embedded engine, with a tiny checkpoint of random weights: its answers mean nothing."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace

import httpx
import pytest

from tests.service.conftest import PREDICT, SOLVE, Service, ended, status
from tests.service.processes import ROOT, Workers, own_redis, wait_for
from tests.tiny import make_tiny_checkpoint


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of its own, whose model server is a real engine."""
    folder = tmp_path_factory.mktemp("embedded")
    checkpoint = make_tiny_checkpoint(folder / "tiny")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/v1"
    command = [sys.executable, "-m", "workers.engine", "--checkpoint", str(checkpoint), "--port", str(port)]
    with own_redis() as redis, ExitStack() as opened, (folder / "engine.log").open("wb") as log:
        workers = Workers(redis.url, url, folder / "workers.log", model="", checkpoint=checkpoint)
        service = Service(redis, SimpleNamespace(url=url), workers, folder, opened)
        engine = subprocess.Popen([*command, "--cache", str(folder / "cache")], cwd=ROOT, stdout=log, stderr=log)
        workers.start()
        client = service.client()
        wait_for(lambda: client.get("/readyz").status_code == 200, 30, "readiness")
        yield service
        workers.kill()
        engine.terminate()
        engine.wait(10)


def running(service: Service) -> float:
    """Requests that the engine works on or keeps waiting, by its own account."""
    lines = httpx.get(service.engine.url.removesuffix("/v1") + "/metrics").text.splitlines()
    names = ("deskcheck_engine_requests_running", "deskcheck_engine_requests_waiting")
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(names))


def test_a_prediction_is_decoded_text_of_the_checkpoint(embedded: Service) -> None:
    answer = embedded.client().post("/predict-output", json=PREDICT, headers={"Prefer": "wait=60"})
    assert answer.status_code == 200
    assert answer.json()["usage"]["completion_tokens"] > 0
    again = embedded.client().post("/predict-output", json=PREDICT, headers={"Prefer": "wait=60"})
    assert again.json() == answer.json()


def test_a_solve_job_ends_with_random_weights_too(embedded: Service) -> None:
    client = embedded.client()
    job = ended(client, client.post("/solve", json=SOLVE | {"config": {"candidates": 3, "rounds": 1}}).json()["id"], 60)
    assert job["status"] == "succeeded"
    assert len(job["result"]["rejected"]) + len(job["result"]["candidates"]) == 3


def test_cancelling_frees_the_engine(embedded: Service) -> None:
    client = embedded.client()
    config = {"candidates": 64, "rounds": 0, "max_program_tokens": 4096}
    job_id = client.post("/solve", json=SOLVE | {"config": config}).json()["id"]
    wait_for(lambda: running(embedded) > 0, 20, "the engine to be busy")
    client.post(f"/jobs/{job_id}/cancel")
    wait_for(lambda: running(embedded) == 0, 5, "the engine to be idle")
    assert status(client, job_id) == "cancelled"


def test_a_prompt_beyond_the_context_fails_with_that_reason(embedded: Service) -> None:
    body = PREDICT | {"code": "def f(xs):\n    return 20\n" * 100}
    answer = embedded.client().post("/predict-output", json=body, headers={"Prefer": "wait=60"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:deskcheck:problem:context-length"
