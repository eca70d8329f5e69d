"""What `/metrics` shows: counters kept in Redis, queues as they are at scrape time, this process's own rejections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from app.queue import JobStore, QueueState
from workers import wire

REJECTED = "deskcheck_rejected_requests"


class Rejections:
    """Counts refused requests in this process, so that they are counted even where Redis is what fails."""

    def __init__(self, registry: CollectorRegistry, reasons: Iterable[str]) -> None:
        self._counter = Counter(REJECTED, "Requests answered with a problem", ["reason"], registry=registry)
        for reason in reasons:
            self._counter.labels(reason)

    def count(self, reason: str) -> None:
        """One more; `reason` is a problem's slug."""
        self._counter.labels(reason).inc()


class JobCollector(Collector):
    """Reads Redis at each scrape. While Redis is down it yields `deskcheck_redis_up 0` and nothing else."""

    def __init__(self, store: JobStore) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        """Metric families, in the order of the table in `workers.wire`."""
        up = GaugeMetricFamily("deskcheck_redis_up", "1 if Redis answered this scrape")
        try:
            counters = self._store.counters()
            queues = {kind: self._store.queue_state(kind) for kind in wire.KINDS}
        except RedisError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from _gauges(queues)
        for metric in wire.METRICS:
            yield _histogram(metric, counters) if metric.kind == "histogram" else _counter(metric, counters)

    def describe(self) -> list[Metric]:
        """Nothing: registering must not need Redis."""
        return []


def _gauges(queues: dict[wire.Kind, QueueState]) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("deskcheck_jobs_in_state", "Jobs that have not ended", labels=["kind", "state"])
    for kind, queue in queues.items():
        jobs.add_metric([kind, "queued"], queue.queued)
        jobs.add_metric([kind, "running"], queue.running)
    yield jobs
    by_queue: tuple[tuple[str, str, Callable[[QueueState], float]], ...] = (
        ("deskcheck_queue_depth", "Jobs waiting", lambda queue: queue.queued),
        ("deskcheck_queue_oldest_job_age_seconds", "Wait of the job at the head", lambda queue: queue.oldest_s),
        ("deskcheck_workers", "Workers heard of lately", lambda queue: queue.workers),
    )
    for name, text, value in by_queue:
        gauge = GaugeMetricFamily(name, text, labels=["queue"])
        for kind, queue in queues.items():
            gauge.add_metric([kind], value(queue))
        yield gauge


def _counter(metric: wire.Metric, counters: dict[str, float]) -> Metric:
    family = CounterMetricFamily(metric.name, metric.help, labels=[name for name, _ in metric.labels])
    for labels in wire.series(metric):
        family.add_metric(list(labels.values()), counters.get(wire.field(metric, **labels), 0.0))
    return family


def _histogram(metric: wire.Metric, counters: dict[str, float]) -> Metric:
    """Redis holds each bucket's own count; Prometheus wants them cumulative, `+Inf` last."""
    family = HistogramMetricFamily(metric.name, metric.help, labels=[name for name, _ in metric.labels])
    for labels in wire.series(metric):
        total, buckets = 0.0, []
        for bound in (*map(str, metric.buckets), "+Inf"):
            total += counters.get(wire.field(metric, "_bucket", le=bound, **labels), 0.0)
            buckets.append((bound, total))
        family.add_metric(list(labels.values()), buckets, counters.get(wire.field(metric, "_sum", **labels), 0.0))
    return family
