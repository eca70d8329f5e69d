"""A user's whole way over HTTP: an example problem goes in, a desk-checked program comes out, and it is right."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

import httpx
import pytest
import redis

from models.sandbox import ExecStatus, Sandbox
from tests.sources import ROOT
from tests.system.conftest import Service
from workers.pipeline.types import IOTest

pytestmark = pytest.mark.system

EXAMPLE = min((ROOT / "examples").glob("*.json"))
SECONDS = 180.0
"""For one solve job on a busy machine with two cores."""


def finished(client: httpx.Client, job: str) -> dict[str, Any]:
    """The job document once it is in a final state."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        document: dict[str, Any] = client.get(f"/jobs/{job}").raise_for_status().json()
        if document["status"] not in ("queued", "running"):
            return document
        time.sleep(0.25)
    raise AssertionError(f"job {job} is still {document['status']} after {SECONDS:g} s: {document['progress']}")


def test_a_bundled_example_is_solved_and_the_program_is_right(client: httpx.Client) -> None:
    problem = json.loads(EXAMPLE.read_text())
    accepted = client.post("/solve", json={"problem": problem})
    assert accepted.status_code == 202
    assert accepted.headers["location"] == accepted.json()["links"]["self"] == f"/jobs/{accepted.json()['id']}"
    job = finished(client, accepted.json()["id"])
    assert job["status"] == "succeeded", job["error"]
    result = job["result"]
    assert result["stop"] == "agreed"
    assert len(result["simulations"]) == len(result["candidates"]) * len(problem["public_tests"])
    winner = next(candidate for candidate in result["candidates"] if candidate["id"] == result["best"])
    tests = [IOTest(**test) for test in problem["public_tests"]]
    with Sandbox() as sandbox:  # what the service never does, the test may: run the winner
        runs = sandbox.run_tests(winner["code"], tests, problem["io"], problem.get("entry_point"))
    assert [run.status for run in runs] == [ExecStatus.SUCCESS] * len(tests), winner["code"]


def test_an_output_is_predicted_within_the_request(client: httpx.Client) -> None:
    code = "def f(nums):\n    total = 0\n    for x in nums:\n        total += x\n    return total"
    body = {"code": code, "input": "[3, 1, 2]", "io": "function", "entry_point": "f"}
    answer = client.post("/predict-output", json=body, headers={"Prefer": "wait=60"})
    assert answer.status_code == 200
    assert (answer.json()["output"], answer.json()["finishes"]) == ("6", True)
    assert answer.json()["narrative"]


def test_jobs_are_kept_in_the_redis_that_was_named(client: httpx.Client, service: Service) -> None:
    body = {"code": "print(1)", "input": "", "io": "stdio"}
    client.post("/predict-output", json=body, headers={"Prefer": "wait=60"}).raise_for_status()
    with redis.Redis.from_url(service.redis) as store:
        assert store.info("persistence")["aof_enabled"] == 1
        assert store.info("server")["redis_version"] >= "7"
        assert len(store.keys("rq:job:*")) >= 1


def test_metrics_satisfy_prometheus(client: httpx.Client) -> None:
    text = client.get("/metrics").raise_for_status().text
    assert "deskcheck_" in text
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=30)
    assert checked.returncode == 0, checked.stdout + checked.stderr
