"""Figures over items and seeds with 95 % intervals, and paired differences of two rows.

Items and seeds are crossed: every seed is measured on the same items. So both are resampled, independently of each
other: seeds with replacement, items with replacement, and the figure is taken of the drawn seeds on the drawn items
(the pigeonhole bootstrap, Owen 2007). An item that is drawn twice counts twice in every seed, since what makes it hard
is the same for all of them. For a difference both rows see the same draws. With few seeds the interval is somewhat too
narrow: three of them vary less among themselves than the seeds they stand for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.ablate.results import Values

RESAMPLES = 4000
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure over all seeds and items, the bounds of its 95 % interval, and what it is for each seed alone."""

    mean: float
    low: float
    high: float
    seeds: tuple[float, ...]

    def clear(self) -> bool:
        """Whether zero lies outside."""
        return self.low > 0 or self.high < 0


def interval(runs: Sequence[Values], seed: int = 0) -> Interval:
    """The figure of one row; `runs` holds its values for each seed. Raises ValueError where their items differ."""
    sums, counts = _matrices(runs, list(runs[0]))
    drawn = _drawn(sums, counts, *_draws(sums.shape, seed))
    per_seed = _ratio(sums.sum(axis=1), counts.sum(axis=1))
    return _interval(float(_ratio(sums.sum(), counts.sum())), drawn, per_seed)


def difference(runs: Sequence[Values], others: Sequence[Values], seed: int = 0) -> Interval:
    """One row less another one, paired by item and by the place of the seed; as many seeds as both have.

    Raises ValueError where their items differ.
    """
    common, items = min(len(runs), len(others)), list(runs[0])
    (a, a_counts), (b, b_counts) = _matrices(runs[:common], items), _matrices(others[:common], items)
    draws = _draws(a.shape, seed)
    drawn = _drawn(a, a_counts, *draws) - _drawn(b, b_counts, *draws)
    per_seed = _ratio(a.sum(axis=1), a_counts.sum(axis=1)) - _ratio(b.sum(axis=1), b_counts.sum(axis=1))
    mean = _ratio(a.sum(), a_counts.sum()) - _ratio(b.sum(), b_counts.sum())
    return _interval(float(mean), drawn, per_seed)


def _matrices(runs: Sequence[Values], items: Sequence[str]) -> tuple[Array, Array]:
    """Sums and counts, each (seeds, items)."""
    if any(set(run) != set(items) for run in runs):
        raise ValueError("seeds were measured on different items")
    both = np.asarray([[run[item] for item in items] for run in runs], dtype=np.float64).reshape(len(runs), -1, 2)
    return both[..., 0], both[..., 1]


def _draws(shape: tuple[int, ...], seed: int) -> tuple[Array, Array]:
    """How often each seed (RESAMPLES, seeds) and each item (RESAMPLES, items) is drawn."""
    rng = np.random.default_rng(seed)
    seeds, items = (rng.multinomial(size, [1 / size] * size, RESAMPLES) if size else np.zeros((RESAMPLES, 0))
                    for size in shape)  # fmt: skip
    return seeds.astype(np.float64), items.astype(np.float64)


def _drawn(sums: Array, counts: Array, seeds: Array, items: Array) -> Array:
    """The figure in each resample."""
    return _ratio(((seeds @ sums) * items).sum(axis=1), ((seeds @ counts) * items).sum(axis=1))


def _ratio(sums: Any, counts: Any) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):  # nothing to count: no number
        return np.asarray(np.divide(sums, counts), dtype=np.float64)


def _interval(mean: float, drawn: Array, per_seed: Array) -> Interval:
    known = drawn[np.isfinite(drawn)]
    low, high = np.percentile(known, (2.5, 97.5)) if len(known) else (np.nan, np.nan)
    return Interval(mean, float(low), float(high), tuple(float(value) for value in per_seed))


def by_figure(rows: Sequence[Mapping[str, Values]], figure: str) -> list[Values]:
    """The values of one figure for each seed; seeds that lack it are left out."""
    return [row[figure] for row in rows if figure in row]
