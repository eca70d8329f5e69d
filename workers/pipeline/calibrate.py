"""From a model's own probability to an honest one: a table of measured accuracy by raw confidence.

Histogram binning (Zadrozny and Elkan, 2001). Knows numbers only; where they come from is `predict.py`'s business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions whose raw confidence lies in [low, high), and how many of them were right; the last bin is closed."""

    low: float
    high: float
    accuracy: float
    """Share that was right, 0..1."""
    count: int
    """Predictions this was measured on."""


def calibrated(raw: float, table: Sequence[Bin]) -> float:
    """The measured accuracy of predictions with such a raw confidence; the raw value where nothing was measured."""
    for entry in table:
        if entry.count and (entry.low <= raw < entry.high or raw == entry.high == table[-1].high):
            return entry.accuracy
    return raw


def fit(measured: Sequence[tuple[float, bool]], bins: int = 10) -> tuple[Bin, ...]:
    """A table of at most `bins` bins with about equally many predictions each, covering 0..1.

    `measured` holds (raw confidence, was it right). Equal raw values never fall into two bins.
    """
    ordered = sorted(measured)
    cuts = {ordered[i * len(ordered) // bins][0] for i in range(1, bins)} if ordered else set()
    edges = [0.0, *sorted(cut for cut in cuts if 0.0 < cut < 1.0), 1.0]
    return tuple(
        _measure(low, high, [right for raw, right in ordered if low <= raw < high or raw == high == 1.0])
        for low, high in pairwise(edges)
    )


def _measure(low: float, high: float, rights: Sequence[bool]) -> Bin:
    return Bin(low, high, sum(rights) / len(rights) if rights else 0.0, len(rights))
