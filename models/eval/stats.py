"""Figures with their uncertainty: bootstrap 95 % intervals over problems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 4000
Array = NDArray[np.float64]
Measured = Sequence[tuple[float, bool]]
"""Of one item: (confidence, was it right) of everything that was said of it. Items are what is resampled."""


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

    def decimal(self) -> str:
        """As `0.124 [0.101, 0.149]`."""
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def estimate(values: Sequence[float], seed: int = 0) -> Estimate:
    """Mean of one value for each problem; for paired comparisons give the differences."""
    data = np.asarray(values, dtype=np.float64)
    if not len(data):
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    draws = np.random.default_rng(seed).integers(0, len(data), (RESAMPLES, len(data)))
    low, high = np.percentile(data[draws].mean(axis=1), (2.5, 97.5))
    return Estimate(float(data.mean()), float(low), float(high), len(data))


def of_sums(parts: Sequence[Sequence[float]], figure: Callable[[Array], Array], seed: int = 0) -> Estimate:
    """A figure of sums over items, such as a ratio, with the interval that resampling the items gives.

    `parts` holds a row of m summands for each item; `figure` takes sums (…, m) and gives figures (…), nan where there
    is none. A resample without a figure is left out.
    """
    data = np.asarray(parts, dtype=np.float64)
    if not len(data):
        return estimate([])
    n = len(data)
    draws = np.random.default_rng(seed).integers(0, n, (RESAMPLES, n)) + n * np.arange(RESAMPLES)[:, None]
    counts = np.bincount(draws.ravel(), minlength=draws.size).reshape(draws.shape)  # (resample, item): how often it is
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, drawn = float(figure(data.sum(axis=0))), figure(counts @ data)
    found = drawn[np.isfinite(drawn)]
    low, high = np.percentile(found, (2.5, 97.5)) if len(found) else (float("nan"), float("nan"))
    return Estimate(mean, float(low), float(high), n)


def expected_calibration_error(items: Sequence[Measured], bins: int = 10) -> Estimate:
    """ECE (Naeini et al. 2015) over equal-width bins: mean gap between confidence and accuracy, weighted by count."""

    def parts(item: Measured) -> list[float]:
        gaps = [0.0] * bins
        for confidence, right in item:
            gaps[min(int(confidence * bins), bins - 1)] += confidence - right
        return [*gaps, len(item)]

    return of_sums([parts(item) for item in items], lambda sums: abs(sums[..., :-1]).sum(axis=-1) / sums[..., -1])


def brier(items: Sequence[Measured]) -> Estimate:
    """Mean squared distance of confidence from what happened (Brier 1950): 0 is perfect, 1/4 is a constant half."""
    squares = [(sum((confidence - right) ** 2 for confidence, right in item), len(item)) for item in items]
    return of_sums(squares, lambda sums: sums[..., 0] / sums[..., 1])


def reliability(measured: Measured, bins: int = 10) -> list[dict[str, float]]:
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
