"""Which series exist, and which ones a PromQL text names. Shared by the tests of the rules and of the dashboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from app.main import create_app
from app.settings import AppSettings
from tests.deploy.embedded import redis_server
from tests.tiny import make_tiny_checkpoint
from workers.batcher import BatchLimits
from workers.engine import load, make_app

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy/prometheus/rules.yml"

VLLM = frozenset(
    {
        "vllm:e2e_request_latency_seconds",
        "vllm:generation_tokens_total",
        "vllm:kv_cache_usage_perc",
        "vllm:num_preemptions_total",
        "vllm:num_requests_running",
        "vllm:num_requests_waiting",
        "vllm:prefix_cache_hits_total",
        "vllm:prefix_cache_queries_total",
        "vllm:prompt_tokens_total",
        "vllm:request_queue_time_seconds",
        "vllm:time_to_first_token_seconds",
    }
)
"""Read in the source of vLLM 0.31.0 (vllm/v1/metrics/loggers.py); counters get `_total` from the Prometheus client."""

_LITERALS = re.compile(r"\"[^\"]*\"|'[^']*'|\{[^}]*\}|\[[^\]]*\]")
_NAMES = re.compile(r"\b(?:deskcheck|vllm)[:_][A-Za-z0-9_:]+")
_PARTS = re.compile(r"_(bucket|sum|count)$")


def named(expr: str) -> set[str]:
    """The deskcheck and vLLM series in a PromQL expression, as they stand there."""
    return set(_NAMES.findall(_LITERALS.sub(" ", expr)))


def family(series: str) -> str:
    """A histogram's series under the name of the histogram."""
    return _PARTS.sub("", series)


def rules() -> list[dict[str, str]]:
    """All rules of rules.yml."""
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def recorded() -> set[str]:
    """Names that recording rules make."""
    return {rule["record"] for rule in rules() if "record" in rule}


@cache
def exported() -> frozenset[str]:
    """What the real API and embedded engine show at `/metrics`, with an idle Redis and a tiny model."""
    with TemporaryDirectory() as name, redis_server(Path(name)) as redis:
        api = create_app(AppSettings(redis_url=f"unix://{redis}?db=0"))
        engine = make_app(load(make_tiny_checkpoint(Path(name, "tiny")), BatchLimits(decoders=1), Path(name, "cache")))
        return frozenset(chain.from_iterable(map(_shown, (api, engine))))


def _shown(app: FastAPI) -> Iterator[str]:
    with TestClient(app) as client:
        for family in text_string_to_metric_families(client.get("/metrics").text):
            yield from (sample.name for sample in family.samples if not sample.name.endswith("_created"))
