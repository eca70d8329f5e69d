"""How what happened to a job becomes series: the counters of `workers.wire.METRICS`, kept in one Redis hash.

A counter kept in a forked work horse would die with it. Writing is one round trip per event or finished run.
"""

from __future__ import annotations

from collections.abc import Mapping

from redis import Redis
from redis.client import Pipeline

from workers import wire
from workers.pipeline.types import Phase, Prediction, SolveResult


def count(redis: Redis | Pipeline, metric: wire.Metric, value: float = 1.0, **labels: str) -> None:
    """Add to a counter. Raises RedisError."""
    redis.hincrbyfloat(wire.METRICS_KEY, wire.field(metric, **labels), value)


def observe(redis: Redis | Pipeline, metric: wire.Metric, value: float, **labels: str) -> None:
    """Add one value to a histogram; buckets are stored not cumulated. Raises RedisError."""
    le = wire.bucket(metric, value)
    redis.hincrbyfloat(wire.METRICS_KEY, wire.field(metric, "_bucket", le=le, **labels), 1)
    redis.hincrbyfloat(wire.METRICS_KEY, wire.field(metric, "_sum", **labels), value)


def solved(redis: Redis, result: SolveResult) -> None:
    """Phases, tokens and verdicts of one solve. Raises RedisError."""
    with redis.pipeline() as pipeline:
        _phases(pipeline, result.phases)
        for simulation in result.simulations:
            count(pipeline, wire.VERDICTS, verdict=simulation.verdict.value)
        pipeline.execute()


def predicted(redis: Redis, prediction: Prediction, seconds: float) -> None:
    """Seconds and tokens of one prediction asked for by itself. Raises RedisError."""
    with redis.pipeline() as pipeline:
        _phases(pipeline, {"predict": Phase(seconds, prediction.usage)})
        pipeline.execute()


def _phases(pipeline: Pipeline, phases: Mapping[str, Phase]) -> None:
    for name, phase in phases.items():
        observe(pipeline, wire.PHASE_SECONDS, phase.seconds, phase=name)
        count(pipeline, wire.TOKENS, phase.usage.prompt_tokens, phase=name, direction="prompt")
        count(pipeline, wire.TOKENS, phase.usage.completion_tokens, phase=name, direction="completion")
