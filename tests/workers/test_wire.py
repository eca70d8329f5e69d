"""Names shared between processes, and the one way a job gets its final state."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from workers import wire

KEY = "rq:job:x"


def test_settling_a_job_that_is_gone_does_nothing(redis: Redis) -> None:
    assert not wire.settle(redis, KEY, "solve", "failed")
    assert not redis.exists(KEY)


def test_a_status_that_was_asked_for_must_hold(redis: Redis) -> None:
    redis.hset(KEY, "status", "started")
    assert not wire.settle(redis, KEY, "solve", "expired", only_if_status="queued")
    redis.hset(KEY, "status", "queued")
    assert wire.settle(redis, KEY, "solve", "expired", only_if_status="queued")


def test_of_many_racing_writers_one_wins_and_is_counted(redis: Redis) -> None:
    redis.hset(KEY, "status", "started")
    won: list[wire.Outcome] = []

    def race(outcome: wire.Outcome) -> None:
        if wire.settle(redis, KEY, "solve", outcome, f'"{outcome}"'):
            won.append(outcome)

    threads = [threading.Thread(target=race, args=(outcome,)) for outcome in wire.OUTCOMES * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert redis.hmget(KEY, wire.OUTCOME_FIELD, wire.DOCUMENT_FIELD) == [won[0].encode(), f'"{won[0]}"'.encode()]
    counted = {wire.field(wire.ENDED, kind="solve", outcome=won[0]).encode(): b"1"}
    assert redis.hgetall(wire.METRICS_KEY) == counted


@given(st.floats(min_value=0, allow_nan=False))
def test_a_value_falls_into_the_first_bucket_that_holds_it(value: float) -> None:
    bound = wire.bucket(wire.JOB_SECONDS, value)
    smaller = [b for b in wire.JOB_SECONDS.buckets if bound == "+Inf" or b < float(bound)]
    assert all(value > b for b in smaller)
    assert bound == "+Inf" or value <= float(bound)


@pytest.mark.parametrize("metric", wire.METRICS, ids=lambda metric: metric.name)
def test_metrics_follow_the_naming_rules(metric: wire.Metric) -> None:
    assert metric.name.startswith("deskcheck_")
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert len({wire.field(metric, **labels) for labels in wire.series(metric)}) == len(wire.series(metric))
