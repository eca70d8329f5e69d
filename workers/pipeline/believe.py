"""Believe: what the sampler knows of a program, and what is said of it on tests → how likely it passes each of them.

Bayes' rule in log-odds, with numbers that `models.eval` measured for the checkpoint. A prediction is weak evidence, and
weaker still on the second test of a program than on the first: where the model misreads a program, it misreads it on
every input. Knows numbers only; what a prediction says of a test is `simulate.py`'s business.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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
class Evidence:
    """Predictions that say the same of a test, with a confidence in [low, high); the last bin is closed."""

    said: Verdict
    low: float
    high: float
    ratio: float
    """How many times likelier this is said of a program that passes the test than of one that fails it."""
    count: int
    """Predictions this was measured on."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What was measured on problems of known truth."""

    prior: Prior | None
    """None for programs of unknown origin: right as often as wrong."""
    evidence: tuple[Evidence, ...]
    carry: float
    """Share, 0..1, of the evidence on one test that counts for the others of the same program."""

    def weight(self, said: Verdict, confidence: float) -> float:
        """Logarithm of the ratio measured where this was said as surely; 0 where nothing was measured."""
        top = max((entry.high for entry in self.evidence), default=0.0)
        for entry in self.evidence:
            if entry.said is said and (entry.low <= confidence < entry.high or confidence == entry.high == top):
                return math.log(entry.ratio)
        return 0.0

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

    def passes(self, log_odds: float, weights: Sequence[float]) -> list[float]:
        """For each test the probability that the program passes it, given the weight of what was said on every test."""
        total = math.fsum(weights)
        return [_probability(log_odds + weight + self.carry * (total - weight)) for weight in weights]


def agreement(duplicates: int, others: int) -> float:
    """Log-odds that a further sample is the same program, where `duplicates` of `others` were; 0 where there are none.

    With Jeffreys' half a success and half a failure added, so that it is finite.
    """
    return math.log((duplicates + 0.5) / (others - duplicates + 0.5))


def _probability(log_odds: float) -> float:
    """The logistic function, without overflow."""
    if log_odds >= 0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    return math.exp(log_odds) / (1.0 + math.exp(log_odds))
