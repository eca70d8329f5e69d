"""How a dashboard is described: panels in rows, and the few shapes of PromQL. Knows no series and no Grafana JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

WINDOW = "$__rate_interval"
"""Grafana's own variable: at least four scrapes, and wider when a pixel covers more."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph or figure."""

    title: str
    queries: tuple[tuple[str, str], ...]
    """PromQL and its legend."""
    unit: str
    """Grafana's unit id: s, percentunit, short, reqps …"""
    description: str
    kind: Literal["stat", "timeseries"] = "timeseries"
    width: int = 8
    """Of 24 columns."""
    stacked: bool = False
    steps: tuple[tuple[float | None, str], ...] = ()
    """Colours from these values upward; the first value is None (minus infinity)."""


@dataclass(frozen=True, slots=True)
class Row:
    """A titled line of panels."""

    title: str
    panels: tuple[Panel, ...]


def rate(series: str, by: str) -> str:
    """Per-second rate of a counter, summed but for the labels `by`."""
    return f"sum by ({by}) (rate({series}[{WINDOW}]))"


def share(series: str, by: str) -> str:
    """Each value of label `by` as a part of the whole."""
    return f"{rate(series, by)} / ignoring({by}) group_left sum(rate({series}[{WINDOW}]))"


def quantile(q: float, histogram: str, by: str = "") -> str:
    """Quantile `q` estimated from a histogram's buckets."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({q}, {rate(f'{histogram}_bucket', labels)})"


def percentiles(histogram: str, by: str = "") -> tuple[tuple[str, str], ...]:
    """p50, p95 and p99 of a histogram."""
    label = f"{{{{{by}}}}} " if by else ""
    return tuple((quantile(q, histogram, by), f"{label}p{round(q * 100)}") for q in (0.5, 0.95, 0.99))
