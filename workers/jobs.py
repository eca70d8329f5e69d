"""What RQ calls, by dotted name: JSON → types → one asyncio.run → JSON. Knows no HTTP API and no algorithm.

A job body may run more than once (a worker died), late (it waited too long) or after its end (it was cancelled while a
worker took it); the outcome field of the job decides, and its first writer wins.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter
from redis import Redis
from redis.exceptions import RedisError
from rq import get_current_job
from rq.job import Job
from rq.timeouts import JobTimeoutException
from rq.utils import as_text

from workers import metrics, wire
from workers.events import Progress
from workers.model import open_model
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import (
    CheckpointError,
    CompleterRejected,
    CompleterTimeout,
    CompleterUnavailable,
    ContextLengthError,
    DeskcheckError,
    InputError,
)
from workers.pipeline.model import Model
from workers.pipeline.predict import predict as run_predict
from workers.pipeline.solve import solve as run_solve
from workers.pipeline.types import Io, Prediction, Problem, SolveResult
from workers.settings import WorkerSettings
from workers.worker import waited_s

log = logging.getLogger(__name__)

_PROBLEM = TypeAdapter(Problem)
_CONFIG = TypeAdapter(PipelineConfig)
_SOLVE_RESULT = TypeAdapter(SolveResult)
_PREDICTION = TypeAdapter(Prediction)

_ATTEND_S = 0.5
_SETTLE_PATIENCE_S = 20.0
_SLUGS: tuple[tuple[type[DeskcheckError], str], ...] = (
    (ContextLengthError, "context-length"),
    (InputError, "invalid-input"),
    (CompleterUnavailable, "model-unavailable"),
    (CompleterTimeout, "model-timeout"),
    (CompleterRejected, "model-rejected"),
    (CheckpointError, "checkpoint"),
    (DeskcheckError, "internal"),
)

Work = Callable[[Model, Progress], Awaitable[Any]]


class EndedElsewhere(Exception):
    """The job got its outcome from somebody else while it ran."""


@dataclass(frozen=True, slots=True)
class _Ran:
    """A run that gave its job its outcome: succeeded."""

    redis: Redis
    result: Any
    seconds: float


def solve(problem: dict[str, Any], config: dict[str, Any], limit_s: float) -> None:
    """Body of a solve job; the document is a SolveResult."""

    async def work(model: Model, progress: Progress) -> SolveResult:
        return await run_solve(_PROBLEM.validate_python(problem), _CONFIG.validate_python(config), model, progress)

    if ran := _run(work, limit_s, _SOLVE_RESULT):
        metrics.solved(ran.redis, ran.result)


def predict(
    code: str, input: str, io: Io, entry_point: str | None, limit_s: float, config: dict[str, Any] | None = None
) -> None:
    """Body of a predict job; the document is a Prediction. Jobs of an older API have no config: the defaults hold."""

    async def work(model: Model, progress: Progress) -> Prediction:
        del progress  # a few requests at once: no progress worth telling
        chosen = _CONFIG.validate_python(config or {})
        return await run_predict(code, input, model.of_others(chosen), chosen, io, entry_point)

    if ran := _run(work, limit_s, _PREDICTION):
        metrics.predicted(ran.redis, ran.result, ran.seconds)


def _run(work: Work, limit_s: float, adapter: TypeAdapter[Any]) -> _Ran | None:
    """One run of a job, from the check that it still may start to its outcome."""
    job = get_current_job()
    if job is None:
        raise RuntimeError("a job body runs inside an RQ worker only")
    if not _may_start(job):
        return None
    started, result = time.monotonic(), None
    outcome: wire.Outcome = "failed"
    try:
        result = asyncio.run(_attended(work, job, limit_s))
        outcome, document = "succeeded", adapter.dump_json(result).decode()
    except EndedElsewhere as ended:
        log.info("job %s was %s while it ran", job.id, ended)
        return None
    except (TimeoutError, JobTimeoutException):
        document = _failure("time-limit", f"It ran longer than {limit_s:g} s.")
    except DeskcheckError as error:
        document = _failure(slug(error), str(error))
    won = _settle(job, outcome, document)
    seconds = time.monotonic() - started
    metrics.observe(job.connection, wire.JOB_SECONDS, seconds, kind=wire.kind_of(job.origin))
    log.info("job %s (%s) %s after %.2f s", job.id, job.origin, outcome, seconds)
    return _Ran(job.connection, result, seconds) if won and outcome == "succeeded" else None


def _may_start(job: Job) -> bool:
    """Whether the job still has no outcome and has not waited too long. Counts its wait."""
    if _outcome(job) is not None:
        return False
    waited = waited_s(job)
    if waited > job.meta["queued_limit_s"]:
        _settle(job, "expired", "null")
        return False
    metrics.observe(job.connection, wire.QUEUE_WAIT, max(0.0, waited), kind=wire.kind_of(job.origin))
    return True


async def _attended(work: Work, job: Job, limit_s: float) -> Any:
    """The work's result. Raises EndedElsewhere, TimeoutError after `limit_s`, and what the work raises.

    Whichever way it ends, the work's task is cancelled and with it its requests to the engine.
    """
    progress = Progress(job)
    async with asyncio.timeout(limit_s), open_model(WorkerSettings()) as model:
        tasks = [asyncio.ensure_future(work(model, progress)), asyncio.ensure_future(_attend(job, progress))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            with suppress(RedisError):  # the last counts are only good to have
                progress.save()
            return next(task for task in tasks if task.done()).result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _attend(job: Job, progress: Progress) -> None:
    """Save the progress now and then; raise EndedElsewhere once the job has an outcome.

    A cancel usually kills this process at once, but the message that asks for it may get lost. Redis being down is no
    reason to stop: the work does not need it.
    """
    while True:
        await asyncio.sleep(_ATTEND_S)
        try:
            await asyncio.to_thread(progress.save)
            outcome = await asyncio.to_thread(_outcome, job)
        except RedisError as error:
            log.warning("job %s runs on without Redis: %s", job.id, error)
            continue
        if outcome is not None:
            raise EndedElsewhere(outcome)


def _outcome(job: Job) -> str | None:
    value = job.connection.hget(job.key, wire.OUTCOME_FIELD)
    return None if value is None else as_text(value)


def _settle(job: Job, outcome: wire.Outcome, document: str) -> bool:
    """Write the outcome, trying for a while where Redis is away: the work is done and should not be done again."""
    deadline = time.monotonic() + _SETTLE_PATIENCE_S
    while True:
        try:
            return wire.settle(job.connection, job.key, wire.kind_of(job.origin), outcome, document)
        except RedisError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_ATTEND_S)


def slug(error: DeskcheckError) -> str:
    """The key of `wire.FAILURES` that names this error best."""
    return next(name for kind, name in _SLUGS if isinstance(error, kind))


def _failure(name: str, detail: str) -> str:
    return json.dumps(asdict(wire.Failure(name, detail)))
