"""The job store: submit, read, cancel. The only file of `app` that knows RQ. Synchronous."""

from __future__ import annotations

import json
import math
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from redis import Redis
from rq import Queue, Retry
from rq.command import send_stop_job_command
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job
from rq.utils import as_text, utcparse
from rq.worker import Worker

from app.settings import AppSettings
from app.states import Status, status
from workers import wire
from workers.wire import Kind

_LOST = wire.Failure("worker-lost", "The worker that ran it died, and no worker is alive to run it again.")


class UnknownJob(Exception):
    """No job has this id, or it ended longer ago than jobs are kept."""


class QueueFull(Exception):
    """More jobs wait than are allowed to."""


@dataclass(frozen=True, slots=True)
class JobView:
    """One job as it is now."""

    id: str
    kind: Kind
    status: Status
    progress: Mapping[str, Any] = field(default_factory=dict)
    result: Any = None
    """JSON values: SolveResult or Prediction; None unless it succeeded."""
    failure: wire.Failure | None = None
    """Set if it failed."""


@dataclass(frozen=True, slots=True)
class QueueState:
    """One queue as it is now."""

    queued: int
    running: int
    oldest_s: float
    """Seconds the job at the head has waited; 0 where none waits."""
    workers: int
    """Workers heard of lately."""


class JobStore:
    """Jobs in Redis."""

    def __init__(self, redis: Redis, settings: AppSettings) -> None:
        self._redis = redis
        self._settings = settings
        self._queues = {kind: Queue(kind, connection=redis, serializer=wire.SERIALIZER) for kind in wire.KINDS}

    def submit(self, kind: Kind, payload: Mapping[str, Any]) -> JobView:
        """Enqueue a job of JSON arguments. Raises QueueFull, RedisError."""
        queue, s = self._queues[kind], self._settings
        if queue.count >= s.queue_limit:
            raise QueueFull(kind)
        limit_s = s.solve_limit_s if kind == "solve" else s.predict_limit_s
        with self._redis.pipeline() as pipeline:  # one transaction: a job is accepted and counted, or neither
            job = queue.enqueue_call(
                wire.FUNCTIONS[kind],
                kwargs={**payload, "limit_s": limit_s},
                timeout=math.ceil(limit_s) + 30,  # only a net: the job body keeps its limit, and fails with a reason
                result_ttl=s.keep_s,
                failure_ttl=s.keep_s,
                job_id=uuid.uuid4().hex,
                description=kind,  # RQ's default quotes the arguments, into its log too
                meta={"queued_limit_s": s.queued_limit_s},
                retry=Retry(max=s.retries) if s.retries else None,
                pipeline=pipeline,
            )
            pipeline.hincrbyfloat(wire.METRICS_KEY, wire.field(wire.SUBMITTED, kind=kind), 1)
            pipeline.execute()
        return JobView(job.id, kind, "queued")

    def read(self, job_id: str) -> JobView:
        """The job as it is now; one that waits too long or is lost is ended by this. Raises UnknownJob, RedisError."""
        job = self._fetch(job_id)
        view = self._view(job)
        if view.status == "running" and self._lost(job):
            wire.settle(self._redis, job.key, view.kind, "failed", json.dumps(asdict(_LOST)))
            return self._view(self._fetch(job_id))
        if view.status == "expired" and self._settle_queued(job, "expired"):
            return view
        # Where that did not win, a worker took the job (or another reader expired it) since we looked.
        return self._view(self._fetch(job_id)) if view.status == "expired" else view

    def cancel(self, job_id: str) -> JobView:
        """End a job that has not ended; a running one is killed, its connections to the engine with it.

        Idempotent: ended jobs stay what they are. Raises UnknownJob, RedisError.
        """
        job = self._fetch(job_id)
        if self.read(job_id).status in wire.OUTCOMES:
            return self.read(job_id)
        if wire.settle(self._redis, job.key, wire.kind_of(job.origin), "cancelled"):
            if job.get_status() == "started":
                self._stop(job_id)
            else:
                self._drop(job)
        return self.read(job_id)

    def queue_state(self, kind: Kind) -> QueueState:
        """Depth, age and workers of one queue. Raises RedisError."""
        queue = self._queues[kind]
        head = queue.get_jobs(0, 1)
        oldest = max(0.0, _waited_s(head[0])) if head else 0.0
        # cleanup=False: RQ's default would run registry maintenance, callbacks included, in this process.
        running = queue.started_job_registry.get_job_count(cleanup=False)
        return QueueState(queue.count, running, oldest, self._live_workers(queue))

    def counters(self) -> dict[str, float]:
        """The metrics hash. Raises RedisError."""
        raw = self._redis.hgetall(wire.METRICS_KEY)
        return {as_text(name): float(value) for name, value in raw.items()}

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _live_workers(self, queue: Queue) -> int:
        """Read from their hashes: making RQ's Worker objects would stretch our connections' timeout to minutes."""
        with self._redis.pipeline(transaction=False) as pipeline:
            for key in Worker.all_keys(queue=queue):
                pipeline.hget(key, "last_heartbeat")
            beats = [utcparse(as_text(beat)) for beat in pipeline.execute() if beat]
        now = datetime.now(UTC)
        return sum((now - beat).total_seconds() < self._settings.worker_silence_s for beat in beats)

    def _fetch(self, job_id: str) -> Job:
        try:
            return Job.fetch(job_id, connection=self._redis, serializer=wire.SERIALIZER)
        except (NoSuchJobError, ValueError):  # ValueError: an id that RQ does not accept
            raise UnknownJob(job_id) from None

    def _view(self, job: Job) -> JobView:
        outcome, document = self._redis.hmget(job.key, wire.OUTCOME_FIELD, wire.DOCUMENT_FIELD)
        settled = next((known for known in wire.OUTCOMES if outcome and as_text(outcome) == known), None)
        limit_s = float(job.get_meta(refresh=False).get("queued_limit_s", math.inf))
        state = status(job.get_status(refresh=False).value, settled, _waited_s(job), limit_s)
        value = json.loads(document) if document else None
        failure = None
        if state == "failed":
            failure = wire.Failure(**value) if value else wire.Failure("worker-lost", "It ended without an outcome.")
        progress = job.get_meta(refresh=False).get("progress", {})
        return JobView(
            job.id, wire.kind_of(job.origin), state, progress, value if state == "succeeded" else None, failure
        )

    def _lost(self, job: Job) -> bool:
        """Whether the job's worker fell silent and nobody is left to notice: the workers look after each other."""
        queue = self._queues[wire.kind_of(job.origin)]
        silent_since = time.time() + wire.HEARTBEAT_SLACK_S - self._settings.lost_after_s
        return job.id in queue.started_job_registry.get_expired_job_ids(silent_since) and not self._live_workers(queue)

    def _settle_queued(self, job: Job, outcome: wire.Outcome) -> bool:
        won = wire.settle(self._redis, job.key, wire.kind_of(job.origin), outcome, only_if_status="queued")
        if won:
            self._drop(job)
        return won

    def _drop(self, job: Job) -> None:
        """Take a settled job out of its queue and let it fade. A worker that popped it meanwhile sees the outcome."""
        self._queues[wire.kind_of(job.origin)].remove(job)
        self._redis.expire(job.key, self._settings.keep_s)

    def _stop(self, job_id: str) -> None:
        """Ask the worker to kill the run. The run also watches for its outcome, should this message get lost."""
        try:
            send_stop_job_command(self._redis, job_id, serializer=wire.SERIALIZER)
        except (InvalidJobOperation, NoSuchJobError):
            return  # it ended by itself


def _waited_s(job: Job) -> float:
    since = job.enqueued_at or job.created_at
    return (datetime.now(UTC) - since).total_seconds()
