"""Unbiased estimates from N samples of what k of them would give."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb


def pass_at(k: int, correct: int, n: int) -> float:
    """Probability that k of n samples, drawn without replacement, hold a right one (Chen et al. 2021, equation 1)."""
    if not 0 < k <= n:
        raise ValueError(f"pass@{k} needs at least {k} samples, not {n}")
    return 1.0 - comb(n - correct, k) / comb(n, k)


def best_at(k: int, ranked: Sequence[float]) -> float:
    """Mean value of the best-ranked of k samples drawn without replacement from all, given best first.

    `ranked` holds one value (1.0 for a right program) for each sample; the sum of the probabilities that a sample is
    drawn and nothing better is, times its value (`rank_score_at_k` of arXiv 2604.03253, section 3.1).
    """
    n = len(ranked)
    if not 0 < k <= n:
        raise ValueError(f"best@{k} needs at least {k} samples, not {n}")
    return sum(value * comb(n - 1 - place, k - 1) for place, value in enumerate(ranked) if value) / comb(n, k)
