"""Names and numbers that the API and the worker processes must agree on.

Queues, Redis keys, limits on what a request may hold, the metric table. Standard library only: both `app` and `workers`
import this file, and it knows neither RQ nor FastAPI.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any, Final, Literal, Protocol

Kind = Literal["solve", "predict"]
Outcome = Literal["succeeded", "failed", "cancelled", "expired"]
"""The four final states. A job also is `queued` or `running`."""

KINDS: Final[tuple[Kind, ...]] = ("solve", "predict")
"""Each kind of job has a queue of the same name, and each worker serves exactly one queue: only then does RQ pop jobs
with BLMOVE, so that a worker killed between pop and start loses nothing."""
OUTCOMES: Final[tuple[Outcome, ...]] = ("succeeded", "failed", "cancelled", "expired")
FUNCTIONS: Final[dict[Kind, str]] = {"solve": "workers.jobs.solve", "predict": "workers.jobs.predict"}
"""Dotted names under which jobs are enqueued; the API never imports them."""

SERIALIZER: Final = "json"
"""Given to every Queue, Worker and Job.fetch. RQ's default, pickle, lets whoever can write to Redis run code."""

# Fields that Deskcheck adds to RQ's job hash, so that they live and die with the job.
OUTCOME_FIELD: Final = "deskcheck_outcome"
DOCUMENT_FIELD: Final = "deskcheck_document"
"""JSON: the result of a succeeded job, the `Failure` of a failed one, else null."""

HEARTBEAT_SLACK_S: Final = 60
"""What RQ's `get_heartbeat_ttl` adds to a heartbeat: so far ahead lie the scores of its registry of started jobs."""

METRICS_KEY: Final = "deskcheck:metrics"
"""Hash of counter values; field names are made by `field`."""
REAPER_LOCK: Final = "deskcheck:reaper"

SETTLE: Final = f"""
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], '{OUTCOME_FIELD}') == 1 then return 0 end
if ARGV[3] ~= '' and redis.call('HGET', KEYS[1], 'status') ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], '{OUTCOME_FIELD}', ARGV[1], '{DOCUMENT_FIELD}', ARGV[2])
redis.call('HINCRBYFLOAT', KEYS[2], ARGV[4], 1)
return 1
"""
"""Lua: give a job its final state unless it has one. KEYS: job hash, metrics hash. ARGV: outcome, document, the RQ
status it must be in ('' = any), counter field. Returns 1 for the one caller that decided. The first writer wins, so
a final state never changes and is counted once, whatever races."""

FAILURES: Final[dict[str, tuple[int, str]]] = {
    "invalid-input": (422, "The problem or program cannot be used"),
    "context-length": (422, "A prompt is longer than the model's context"),
    "model-unavailable": (503, "The model server cannot be reached"),
    "model-timeout": (504, "The model server did not answer in time"),
    "model-rejected": (502, "The model server refused a request"),
    "checkpoint": (500, "The workers' checkpoint cannot be used"),
    "time-limit": (504, "The job ran longer than it may"),
    "worker-lost": (500, "The worker died while it ran the job"),
    "internal": (500, "The job failed on a fault of the service"),
}
"""Why a job can fail: the slug in its `Failure`, with the status and title of the problem document made of it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed, as written by a worker."""

    slug: str
    """A key of FAILURES."""
    detail: str


class Scripting(Protocol):
    """As much of a Redis client as `settle` needs."""

    def register_script(self, script: str) -> Callable[..., Any]:
        """A Lua script as a function of `keys` and `args`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may ask for. Anything beyond is a 4xx."""

    body_bytes: int = 1 << 20
    json_depth: int = 32
    id: int = 200
    statement: int = 20_000
    """Characters, as all text limits here."""
    code: int = 50_000
    test_text: int = 20_000
    entry_point: int = 100
    tests: int = 100
    tests_text: int = 200_000
    """Characters of all inputs and outputs together: the API parses function inputs, at about 2 µs for each."""
    candidates: int = 64
    votes: int = 16
    rounds: int = 8
    repairs: int = 8
    repair_samples: int = 8
    resamples: int = 16
    evidence: int = 10
    concurrency: int = 256
    program_tokens: int = 4096
    narrative_tokens: int = 16384
    simulations: int = 20_000
    """Most predictions a solve may need: programs (samples and repairs) × tests × votes."""
    seed: int = (1 << 32) - 1


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric family that is counted in Redis."""

    name: str
    kind: Literal["counter", "histogram"]
    help: str
    labels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Each label with all the values it can take: every series exists from the first scrape on, at 0."""
    buckets: tuple[float, ...] = ()


_PHASES = ("sample", "simulate", "fix", "predict")
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
_KIND = ("kind", tuple(KINDS))

SUBMITTED: Final = Metric("deskcheck_jobs_submitted_total", "counter", "Jobs accepted", (_KIND,))
ENDED: Final = Metric("deskcheck_jobs_total", "counter", "Jobs that ended", (_KIND, ("outcome", tuple(OUTCOMES))))
ABANDONED: Final = Metric("deskcheck_jobs_abandoned_total", "counter", "Runs lost with their worker", (_KIND,))
QUEUE_WAIT: Final = Metric("deskcheck_queue_wait_seconds", "histogram", "Enqueued to started", (_KIND,), _SECONDS)
JOB_SECONDS: Final = Metric("deskcheck_job_seconds", "histogram", "Started to ended, one run", (_KIND,), _SECONDS)
PHASE_SECONDS: Final = Metric(
    "deskcheck_phase_seconds", "histogram", "Seconds of one phase of one job", (("phase", _PHASES),), _SECONDS
)
TOKENS: Final = Metric(
    "deskcheck_tokens_total",
    "counter",
    "Tokens read and written by the model",
    (("phase", _PHASES), ("direction", ("prompt", "completion"))),
)
VERDICTS: Final = Metric(
    "deskcheck_verdicts_total", "counter", "Simulated runs by verdict", (("verdict", ("pass", "fail", "abstain")),)
)
METRICS: Final = (SUBMITTED, ENDED, ABANDONED, QUEUE_WAIT, JOB_SECONDS, PHASE_SECONDS, TOKENS, VERDICTS)
"""Counted in Redis by whoever sees the event: counters kept in a forked work horse would die with it. The API adds what
it can read at scrape time or count itself, see `app.metrics`."""


def kind_of(queue: str) -> Kind:
    """What the jobs of a queue are. Raises StopIteration for a queue that is not ours."""
    return next(kind for kind in KINDS if kind == queue)


def field(metric: Metric, suffix: str = "", **labels: str) -> str:
    """Name of one series in the metrics hash, as Prometheus writes it: `name{a="x"}`, a suffix for histogram parts."""
    inside = ",".join(f'{name}="{labels[name]}"' for name in sorted(labels))
    return f"{metric.name}{suffix}{{{inside}}}"


def settle(
    redis: Scripting, job_key: str, kind: Kind, outcome: Outcome, document: str = "null", only_if_status: str = ""
) -> bool:
    """Give a job its final state unless it has one (or is not in the RQ status asked for); True if this call did it."""
    counter = field(ENDED, kind=kind, outcome=outcome)
    script = redis.register_script(SETTLE)
    return bool(script(keys=[job_key, METRICS_KEY], args=[outcome, document, only_if_status, counter]))


def series(metric: Metric) -> list[dict[str, str]]:
    """Every combination of the metric's label values."""
    names = [name for name, _ in metric.labels]
    return [dict(zip(names, values, strict=True)) for values in product(*(values for _, values in metric.labels))]


def bucket(metric: Metric, value: float) -> str:
    """The `le` label of the histogram bucket that `value` falls into."""
    return next((str(bound) for bound in metric.buckets if value <= bound), "+Inf")
