"""Figures with their uncertainty: bootstrap 95 % intervals over problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 4000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with the bounds of its 95 % interval (percentile bootstrap, Efron 1979)."""

    mean: float
    low: float
    high: float
    n: int

    def percent(self) -> str:
        """As `52.4 % [48.0, 56.8]`."""
        return f"{100 * self.mean:5.1f} % [{100 * self.low:.1f}, {100 * self.high:.1f}]"


def estimate(values: Sequence[float], seed: int = 0) -> Estimate:
    """Mean of one value for each problem; for paired comparisons give the differences."""
    data = np.asarray(values, dtype=np.float64)
    if not len(data):
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    draws = np.random.default_rng(seed).integers(0, len(data), (RESAMPLES, len(data)))
    low, high = np.percentile(data[draws].mean(axis=1), (2.5, 97.5))
    return Estimate(float(data.mean()), float(low), float(high), len(data))


def expected_calibration_error(measured: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """ECE (Naeini et al. 2015) over equal-width bins: mean gap between confidence and accuracy, weighted by count."""
    data = np.asarray([(confidence, float(right)) for confidence, right in measured])
    if not len(data):
        return float("nan")
    which = np.minimum((data[:, 0] * bins).astype(int), bins - 1)
    gaps = [abs(data[which == b].mean(axis=0) @ (1.0, -1.0)) * (which == b).sum() for b in np.unique(which)]
    return float(sum(gaps) / len(data))


def brier(measured: Sequence[tuple[float, bool]]) -> float:
    """Mean squared distance of confidence from what happened (Brier 1950): 0 is perfect, 1/4 is a constant half."""
    if not measured:
        return float("nan")
    return sum((confidence - right) ** 2 for confidence, right in measured) / len(measured)


def reliability(measured: Sequence[tuple[float, bool]], bins: int = 10) -> list[dict[str, float]]:
    """Points of the reliability diagram: mean confidence and accuracy of each equal-width bin that holds something."""
    groups: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in measured:
        groups.setdefault(min(int(confidence * bins), bins - 1), []).append((confidence, right))
    return [
        {
            "confidence": sum(c for c, _ in members) / len(members),
            "accuracy": sum(r for _, r in members) / len(members),
            "count": len(members),
        }
        for _, members in sorted(groups.items())
    ]
