"""Finds jobs that nobody works on: run again, fail or expire them. A Redis lock lets one reaper act at a time.

RQ recovers such jobs too, but after minutes: its heartbeats carry 60 s of slack, its maintenance runs each 600 s.
"""

from __future__ import annotations

import logging
import math
import time

from redis import Redis
from redis.exceptions import LockError
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.utils import as_text

from workers import metrics, wire
from workers.settings import WorkerSettings
from workers.worker import JsonQueue, fail, waited_s

log = logging.getLogger(__name__)

_LOCK_S = 10
_LOST = wire.Failure("worker-lost", "The worker that ran it died, and so did those that ran it again.")


class Reaper:
    """One pass over all queues with `tick`; call it every few seconds."""

    def __init__(self, redis: Redis, settings: WorkerSettings) -> None:
        self._redis = redis
        self._grace_s = max(settings.reap_grace_s, settings.heartbeat_s)
        self._queues = [JsonQueue(kind, connection=redis) for kind in wire.KINDS]
        self._seen: dict[str, dict[str, float]] = {}
        """Queue → job popped but not started → when this process first saw it so (monotonic seconds)."""

    def tick(self) -> None:
        """Look after every queue, unless another reaper is at it. Raises RedisError."""
        lock = self._redis.lock(wire.REAPER_LOCK, timeout=_LOCK_S)
        if not lock.acquire(blocking=False):
            return
        try:
            for queue in self._queues:
                self._abandoned(queue)
                self._stranded(queue)
                self._expired(queue)
        finally:
            try:
                lock.release()
            except LockError:
                log.warning("the reaper was slower than its lock")

    def _abandoned(self, queue: Queue) -> None:
        """Started jobs whose worker fell silent: RQ requeues them while retries are left, else they fail."""
        registry = queue.started_job_registry
        cutoff = time.time() + wire.HEARTBEAT_SLACK_S - self._grace_s
        lost = [
            job for job in self._fetch(registry.get_expired_job_ids(cutoff)) if job.get_status() == JobStatus.STARTED
        ]
        registry.cleanup(timestamp=cutoff)
        for job in lost:
            metrics.count(self._redis, wire.ABANDONED, kind=wire.kind_of(job.origin))
            state = job.get_status()
            log.warning("job %s was abandoned and is now %s", job.id, state.value)
            if state == JobStatus.FAILED:
                fail(job, _LOST)

    def _stranded(self, queue: Queue) -> None:
        """Jobs whose worker died between popping and starting them go back to the head of the queue."""
        key = queue.intermediate_queue_key
        popped = [as_text(job_id) for job_id in self._redis.lrange(key, 0, -1)]
        running = set(queue.started_job_registry.get_job_ids(cleanup=False))
        stranded = [job_id for job_id in popped if job_id not in running]
        now = time.monotonic()
        before = self._seen.get(queue.name, {})
        seen = self._seen[queue.name] = {job_id: before.get(job_id, now) for job_id in stranded}
        for job_id in stranded:
            if now - seen[job_id] < self._grace_s:
                continue
            waiting = self._redis.lpos(queue.key, job_id) is not None
            with self._redis.pipeline() as pipeline:
                pipeline.lrem(key, 1, job_id)
                if not waiting and self._fetch([job_id]):
                    queue.push_job_id(job_id, pipeline=pipeline, at_front=True)
                pipeline.execute()
            log.warning("job %s was popped and not started; it is queued again", job_id)

    def _expired(self, queue: Queue) -> None:
        """Jobs at the head of the queue that waited longer than they may."""
        for job in queue.get_jobs(0, 100):
            limit_s = float(job.get_meta(refresh=False).get("queued_limit_s", math.inf))
            if waited_s(job) <= limit_s:
                return  # the rest came later
            if wire.settle(self._redis, job.key, wire.kind_of(job.origin), "expired", only_if_status="queued"):
                queue.remove(job)
                self._redis.expire(job.key, job.failure_ttl or _LOCK_S)
                log.info("job %s expired in the queue", job.id)

    def _fetch(self, job_ids: list[str]) -> list[Job]:
        """Those of the jobs that still exist."""
        found = []
        for job_id in job_ids:
            try:
                found.append(Job.fetch(job_id, connection=self._redis, serializer=wire.SERIALIZER))
            except NoSuchJobError:
                continue
        return found
