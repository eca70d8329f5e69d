"""Whole jobs through real Redis, workers and HTTP to a model server."""

from __future__ import annotations

import time

import pytest
from rq.job import Job

from app.queue import JobStore
from app.settings import AppSettings
from tests.service.conftest import PREDICT, SOLVE, Service, ended, status
from tests.service.engine import GOOD
from tests.service.processes import wait_for
from workers import wire
from workers.pipeline.config import PipelineConfig


def test_a_solve_job_runs_and_shows_everything_it_found(service: Service) -> None:
    client = service.client()
    accepted = client.post("/solve", json=SOLVE)
    assert accepted.status_code == 202
    job_id = accepted.json()["id"]
    assert accepted.headers["Location"] == f"/jobs/{job_id}" == accepted.json()["links"]["self"]
    assert int(accepted.headers["Retry-After"]) >= 1
    job = ended(client, job_id)
    assert job["status"] == "succeeded"
    assert job["error"] is None
    result = job["result"]
    best = next(c for c in result["candidates"] if c["id"] == result["best"])
    assert best["code"] == GOOD
    assert best["duplicates"] == 1
    assert [s["verdict"] for s in result["simulations"]] == ["pass", "pass"]
    assert result["stop"] == "agreed"
    assert result["phases"]["sample"]["requests"] == 2


def test_a_prediction_is_answered_at_once(service: Service) -> None:
    answer = service.client().post("/predict-output", json=PREDICT, headers={"Prefer": "wait=20"})
    assert answer.status_code == 200
    assert answer.json()["output"] == "20"
    assert answer.json()["finishes"] is True
    assert set(answer.json()) == {"output", "raises", "finishes", "confidence", "narrative", "usage"}


def test_a_prediction_is_made_as_its_config_says(service: Service) -> None:
    config = {"max_narrative_tokens": 5000, "votes": 2, "seed": 3}
    before = service.engine.requests
    answer = service.client().post("/predict-output", json=PREDICT | {"config": config}, headers={"Prefer": "wait=20"})
    assert answer.status_code == 200
    assert service.engine.requests - before == 2
    assert service.engine.last["max_tokens"] == 5000
    assert service.engine.last["seed"] in (3, 4)


@pytest.mark.parametrize(("config", "told"), [(None, False), ({}, False), ({"votes": 1}, False), ({"votes": 2}, True)])
def test_the_usual_prediction_can_be_made_by_workers_that_know_no_config(
    service: Service, config: dict[str, int] | None, told: bool
) -> None:
    body = PREDICT if config is None else PREDICT | {"config": config}
    answer = service.client().post("/predict-output", json=body, headers={"Prefer": "wait=0"})
    assert answer.status_code == 202
    job = Job.fetch(answer.json()["id"], connection=service.connection(), serializer=wire.SERIALIZER)
    assert ("config" in job.kwargs) is told
    assert ended(service.client(), job.id)["status"] == "succeeded"


def test_a_prediction_that_an_older_api_enqueued_without_a_config_is_made(service: Service) -> None:
    store = JobStore(service.connection(), AppSettings())
    job = store.submit("predict", PREDICT | {"io": "function"})
    assert ended(service.client(), job.id)["status"] == "succeeded"
    assert service.engine.last["max_tokens"] == PipelineConfig().max_narrative_tokens
    store.close()


def test_a_slow_prediction_becomes_a_job_and_progresses_to_its_result(service: Service) -> None:
    service.engine.hold.set()
    client = service.client()
    before = time.monotonic()
    answer = client.post("/predict-output", json=PREDICT, headers={"Prefer": "respond-async, wait=1"})
    assert 0.9 < time.monotonic() - before < 5
    assert answer.status_code == 202
    job_id = answer.json()["id"]
    wait_for(lambda: status(client, job_id) == "running", 10)
    service.engine.hold.clear()
    assert ended(client, job_id)["result"]["output"] == "20"


def test_progress_is_seen_while_the_job_runs(service: Service) -> None:
    client = service.client()
    solve = SOLVE | {"config": {"candidates": 4, "concurrency": 1, "rounds": 0}}
    service.engine.hold.set()
    job_id = client.post("/solve", json=solve).json()["id"]
    service.engine.passes = 3
    seen = wait_for(lambda: client.get(f"/jobs/{job_id}").json()["progress"], 10, "progress")
    assert seen == {"phase": "sample", "round": 0, "phases": {"sample": {"done": 3, "total": 4}}}
    service.engine.hold.clear()
    last = ended(client, job_id)["progress"]
    assert last["phases"] == {"sample": {"done": 4, "total": 4}, "simulate": {"done": 2, "total": 2}}


def test_a_refusing_model_server_fails_the_job_with_a_reason(service: Service) -> None:
    service.engine.status = 400
    client = service.client()
    answer = client.post("/predict-output", json=PREDICT, headers={"Prefer": "wait=20"})
    assert answer.status_code == 502
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:deskcheck:problem:model-rejected"
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


def test_a_job_that_runs_too_long_fails_with_a_reason(service: Service) -> None:
    service.engine.hold.set()
    client = service.client(predict_limit_s=0.5)
    answer = client.post("/predict-output", json=PREDICT, headers={"Prefer": "wait=20"})
    assert answer.status_code == 504
    assert answer.json()["type"] == "urn:deskcheck:problem:time-limit"
    wait_for(lambda: service.engine.gone == 1, 5, "the engine to be freed")


def test_metrics_count_what_happened_in_the_workers(service: Service) -> None:
    client = service.client()

    def value(series: str) -> float:
        lines = client.get("/metrics").text.splitlines()
        return float(next(line.rpartition(" ")[2] for line in lines if line.startswith(series + " ")))

    names = {
        'deskcheck_jobs_total{kind="solve",outcome="succeeded"}': 1,
        'deskcheck_jobs_submitted_total{kind="solve"}': 1,
        'deskcheck_verdicts_total{verdict="pass"}': 2,
        'deskcheck_phase_seconds_count{phase="simulate"}': 1,
        'deskcheck_job_seconds_count{kind="solve"}': 1,
        'deskcheck_queue_wait_seconds_bucket{kind="solve",le="+Inf"}': 1,
        'deskcheck_tokens_total{direction="prompt",phase="sample"}': 14,
    }
    before = {name: value(name) for name in names}
    assert ended(client, client.post("/solve", json=SOLVE).json()["id"])["status"] == "succeeded"
    for name, more in names.items():  # the last ones are written after the outcome
        wait_for(lambda: value(name) - before[name] == more, 5, name)  # noqa: B023
    assert value('deskcheck_workers{queue="predict"}') == 1
    assert value('deskcheck_queue_depth{queue="solve"}') == 0
