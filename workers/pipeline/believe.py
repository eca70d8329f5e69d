"""Believe: what the sampler knows of a program, and what is said of it on tests → how likely it passes each of them.

Bayes' rule in log-odds, with numbers that `models.eval` measured for the checkpoint. A verdict is weak evidence, and
what it says of one test it says in part of the others: a wrong program fails many, and a misread one is misread on all.
Knows numbers only; which verdict a prediction gives is `simulate.py`'s business.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workers.pipeline.types import Candidate, Verdict


@dataclass(frozen=True, slots=True)
class Prior:
    """Log-odds that a program passes a test, before any of its runs is predicted."""

    bias: float
    likelihood: float
    """For each unit of the mean log-probability of the completion that held it."""
    agreement: float
    """For each unit of the log-odds that another sample is the same program."""
    repair: float
    """Of a repair, whatever it looks like."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What was measured on problems of known truth."""

    prior: Prior | None
    """None for programs of unknown origin: they pass as often as they fail."""
    ratios: Mapping[Verdict, float]
    """How many times likelier a verdict is on a test that the program passes than on one that it fails."""
    carry: float
    """Share, 0..1, of what is said on one test that counts for each other test of the same program."""

    def log_odds(self, candidate: Candidate, others: int) -> float:
        """Before any prediction, of a candidate beside which `others` more readable completions were sampled."""
        if self.prior is None:
            return 0.0
        if candidate.parent is not None:
            return self.prior.repair
        return (
            self.prior.bias
            + self.prior.likelihood * candidate.logprob
            + self.prior.agreement * agreement(candidate.duplicates, others)
        )

    def passes(self, log_odds: float, said: Sequence[Verdict | None]) -> list[float]:
        """For each test the probability that the program passes it; None where nothing can be said of a test."""
        weights = [math.log(self.ratios[verdict]) if verdict else 0.0 for verdict in said]
        total = math.fsum(weights)
        return [_probability(log_odds + weight + self.carry * (total - weight)) for weight in weights]


def agreement(duplicates: int, others: int) -> float:
    """Log-odds that a further sample is the same program, where `duplicates` of `others` were; 0 where there are none.

    With half a success and half a failure added (Jeffreys' prior), so that it is finite.
    """
    return math.log((duplicates + 0.5) / (others - duplicates + 0.5))


def _probability(log_odds: float) -> float:
    """The logistic function, without overflow."""
    if log_odds >= 0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    return math.exp(log_odds) / (1.0 + math.exp(log_odds))
