"""The reaper on hand-made wreckage; `tests/service/test_killed.py` makes real wreckage."""

from __future__ import annotations

import time
from typing import Any

import pytest
from redis import Redis
from rq.executions import Execution
from rq.job import Job, JobStatus, Retry

from workers import wire
from workers.reaper import Reaper
from workers.settings import WorkerSettings
from workers.worker import JsonQueue

GRACE_S = 0.2


@pytest.fixture
def reaper(redis: Redis) -> Reaper:
    # The heartbeat is whole seconds in RQ; the grace is never shorter than it.
    return Reaper(redis, WorkerSettings(reap_grace_s=GRACE_S, heartbeat_s=1))


@pytest.fixture
def queue(redis: Redis) -> JsonQueue:
    return JsonQueue("solve", connection=redis)


def enqueue(queue: JsonQueue, limit_s: float = 60, **options: Any) -> Job:
    meta = {"queued_limit_s": limit_s}
    return queue.enqueue_call(wire.FUNCTIONS["solve"], kwargs={}, meta=meta, failure_ttl=60, **options)


def outcome(redis: Redis, job: Job) -> bytes | None:
    return redis.hget(job.key, wire.OUTCOME_FIELD)  # type: ignore[return-value]


def abandon(redis: Redis, queue: JsonQueue, job: Job, silent_s: float) -> None:
    """As a worker leaves a job that it started and then sent no heartbeat for."""
    queue.remove(job)
    job.set_status(JobStatus.STARTED)
    with redis.pipeline() as pipeline:
        Execution.create(job, ttl=int(61 - silent_s), pipeline=pipeline)
        pipeline.execute()


def test_an_abandoned_job_is_queued_again_once_then_fails(redis: Redis, queue: JsonQueue, reaper: Reaper) -> None:
    job = enqueue(queue, retry=Retry(max=1))
    abandon(redis, queue, job, silent_s=10)
    reaper.tick()
    assert job.get_status() == JobStatus.QUEUED
    assert queue.job_ids == [job.id]
    assert outcome(redis, job) is None
    abandon(redis, queue, job, silent_s=10)
    reaper.tick()
    assert queue.job_ids == []
    assert outcome(redis, job) == b"failed"
    assert redis.hget(wire.METRICS_KEY, wire.field(wire.ABANDONED, kind="solve")) == b"2"


def test_a_job_that_was_heard_of_lately_is_left_alone(redis: Redis, queue: JsonQueue, reaper: Reaper) -> None:
    job = enqueue(queue)
    abandon(redis, queue, job, silent_s=0)
    reaper.tick()
    assert job.get_status() == JobStatus.STARTED


def test_a_job_lost_between_pop_and_start_goes_back_to_the_head(redis: Redis, queue: JsonQueue, reaper: Reaper) -> None:
    job, later = enqueue(queue), enqueue(queue)
    redis.lmove(queue.key, queue.intermediate_queue_key, "LEFT", "RIGHT")
    reaper.tick()
    assert queue.job_ids == [later.id]  # the worker may be about to start it
    time.sleep(1.1)
    reaper.tick()
    assert queue.job_ids == [job.id, later.id]
    assert redis.llen(queue.intermediate_queue_key) == 0


def test_jobs_that_waited_too_long_expire_and_others_do_not(redis: Redis, queue: JsonQueue, reaper: Reaper) -> None:
    old, young = enqueue(queue, limit_s=0), enqueue(queue)
    reaper.tick()
    assert outcome(redis, old) == b"expired"
    assert 0 < redis.ttl(old.key) <= 60
    assert queue.job_ids == [young.id]
    assert outcome(redis, young) is None


def test_a_second_reaper_waits_for_the_first(redis: Redis, queue: JsonQueue, reaper: Reaper) -> None:
    job = enqueue(queue, limit_s=0)
    with redis.lock(wire.REAPER_LOCK, timeout=5):
        reaper.tick()
        assert outcome(redis, job) is None
    reaper.tick()
    assert outcome(redis, job) == b"expired"
