"""RQ's fork worker, with the settings and the few changes this service needs. Knows no pipeline."""

from __future__ import annotations

import json
import logging
import os
import signal
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from redis.exceptions import RedisError
from rq import Queue
from rq.job import Job, JobStatus
from rq.worker import Worker

from workers import wire
from workers.parent import die_with_parent
from workers.settings import WorkerSettings

log = logging.getLogger(__name__)

_IDLE_MARGIN = 15  # rq: an idle worker waits `worker_ttl - 15` seconds for a job before its next heartbeat


class JsonQueue(Queue):
    """A queue that cannot be made with pickle: RQ's pool makes queues without naming a serializer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "serializer": wire.SERIALIZER})


class ForkWorker(Worker):
    """One process that takes jobs from one queue and forks a work horse for each."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        settings = WorkerSettings()
        kwargs |= {
            "serializer": wire.SERIALIZER,
            "job_monitoring_interval": settings.heartbeat_s,
            "worker_ttl": settings.heartbeat_s + _IDLE_MARGIN,
        }
        super().__init__(*args, **kwargs)

    def work(self, *args: Any, **kwargs: Any) -> bool:
        """Work until told to stop, or until the pool's process is gone."""
        die_with_parent(signal.SIGTERM)
        # Nothing here is ever scheduled, and a scheduler is a process more for each worker.
        return super().work(*args, **{**kwargs, "with_scheduler": False})

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Body of the forked child. It dies with its worker: an orphan could be neither stopped nor heard of, and its
        job would run twice once the reaper finds no heartbeat."""
        die_with_parent(signal.SIGKILL)
        super().main_work_horse(job, queue)

    def kill_horse(self, sig: signal.Signals = signal.SIGKILL) -> None:
        """Kill the child and nothing else: RQ kills its process group, which is our own if the child has just ended."""
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, sig)

    def maintain_heartbeats(self, job: Job, execution: Any) -> None:
        """Tell Redis that the job runs. An outage of Redis must not end the run: the next beat may get through."""
        try:
            super().maintain_heartbeats(job, execution)
        except RedisError as error:
            log.warning("no heartbeat for job %s: %s", job.id, error)

    def handle_job_failure(self, job: Job, queue: Queue, *args: Any, **kwargs: Any) -> None:
        """RQ's bookkeeping (retry, or failed for good), then the outcome of a job that failed for good."""
        super().handle_job_failure(job, queue, *args, **kwargs)
        if job.get_status() == JobStatus.FAILED:
            slug = "internal" if self.is_horse else "worker-lost"
            fail(job, wire.Failure(slug, _DETAILS[slug]))


_DETAILS = {
    "internal": "An unexpected error; the workers' log has it.",
    "worker-lost": "The process that ran it was killed, and so were its retries.",
}


def fail(job: Job, failure: wire.Failure) -> bool:
    """Settle a job as failed; False if it had ended already. Raises RedisError."""
    document = json.dumps(asdict(failure))
    return wire.settle(job.connection, job.key, wire.kind_of(job.origin), "failed", document)


def waited_s(job: Job) -> float:
    """Seconds since the job was (last) put in its queue."""
    return (datetime.now(UTC) - (job.enqueued_at or job.created_at)).total_seconds()
