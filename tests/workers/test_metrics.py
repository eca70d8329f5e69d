"""What workers count arrives at `/metrics`, and every series is there before it first counts."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from app.main import create_app
from app.settings import AppSettings
from tests.service.processes import RedisServer
from workers import metrics, wire
from workers.pipeline.types import (
    Phase,
    Prediction,
    Ranking,
    Simulation,
    SolveResult,
    StopReason,
    Usage,
    Verdict,
)


@pytest.fixture
def scrape(redis: Redis, redis_server: RedisServer) -> Any:
    def samples() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        families = text_string_to_metric_families(client.get("/metrics").text)
        return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}

    with TestClient(create_app(AppSettings(redis_url=redis_server.url))) as client:
        yield samples


def test_every_series_is_there_at_zero(scrape: Any) -> None:
    found = scrape()
    for metric in wire.METRICS:
        for labels in wire.series(metric):
            suffix = "_count" if metric.kind == "histogram" else ""
            assert found[metric.name + suffix, tuple(sorted(labels.items()))] == 0


def test_histograms_are_cumulative_and_add_up(scrape: Any, redis: Redis) -> None:
    values = [0.01, 0.3, 0.3, 7.0, 1e6]
    for value in values:
        metrics.observe(redis, wire.JOB_SECONDS, value, kind="solve")
    found = scrape()
    buckets = [
        v
        for (name, labels), v in found.items()
        if name == "deskcheck_job_seconds_bucket" and ("kind", "solve") in labels
    ]
    assert buckets == sorted(buckets)
    label = (("kind", "solve"),)
    assert found["deskcheck_job_seconds_count", label] == len(values) == buckets[-1]
    assert found["deskcheck_job_seconds_sum", label] == pytest.approx(sum(values))
    assert found["deskcheck_job_seconds_bucket", (("kind", "solve"), ("le", "0.5"))] == 3


def test_a_solve_counts_phases_tokens_and_verdicts(scrape: Any, redis: Redis) -> None:
    simulations = tuple(
        Simulation("c1", i, Prediction(), v) for i, v in enumerate([Verdict.PASS, Verdict.PASS, Verdict.FAIL])
    )
    phases = {"sample": Phase(2.0, Usage(10, 20), 1), "simulate": Phase(3.0, Usage(5, 6), 3), "fix": Phase()}
    metrics.solved(
        redis, SolveResult(None, Ranking((), {}, {}), (), (), simulations, 0, StopReason.NO_CANDIDATE, phases)
    )
    found = scrape()
    assert found["deskcheck_verdicts_total", (("verdict", "pass"),)] == 2
    assert found["deskcheck_verdicts_total", (("verdict", "abstain"),)] == 0
    assert found["deskcheck_tokens_total", (("direction", "completion"), ("phase", "sample"))] == 20
    assert found["deskcheck_phase_seconds_sum", (("phase", "simulate"),)] == 3.0
