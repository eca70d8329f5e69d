"""Believe: what the sampler knows of a program, and what is said of it on tests → how likely it passes each of them.

Bayes' rule in log-odds, with numbers that `models.eval` measured for the checkpoint. A verdict is weak evidence, and
what it says of one test it says in part of the others: a wrong program fails many, and a misread one is misread on all.
Knows numbers only; which verdict a prediction gives is `simulate.py`'s business.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from workers.pipeline.types import Candidate, Verdict


@dataclass(frozen=True, slots=True)
class Pool:
    """The readable completions that were sampled for a problem."""

    completions: int
    logprob: float
    """Mean over them of their mean log-probability per token: low where the model is at a loss."""


def pool(candidates: Iterable[Candidate]) -> Pool:
    """Of the candidates that are no repairs, each with its duplicates."""
    counted = [(1 + c.duplicates, c.logprob) for c in candidates if c.parent is None]
    total = sum(count for count, _ in counted)
    return Pool(total, math.fsum(count * logprob for count, logprob in counted) / total if total else 0.0)


@dataclass(frozen=True, slots=True)
class Prior:
    """Log-odds that a program passes a test, before any of its runs is predicted.

    That the model is sure of all its programs says much of the problem; that it is surer of one of them than of the
    others says less. So the two have weights of their own, else a ranking would believe the likeliest too much.
    """

    bias: float
    ease: float
    """For each unit of the pool's log-probability."""
    likelihood: float
    """For each unit by which the program's own mean log-probability is above that of the pool."""
    agreement: float
    """For each unit of the log-odds that another sample is the same program."""
    repair: float
    """Of a repair, instead of its likelihood and agreement."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What was measured on problems of known truth."""

    prior: Prior | None
    """None for programs of unknown origin: they pass as often as they fail."""
    ratios: Mapping[Verdict, float]
    """How many times likelier a verdict is on a test that the program passes than on one that it fails."""
    carry: float
    """Share, 0..1, of what is said on one test that counts for each other test of the same program."""

    def log_odds(self, candidate: Candidate, beside: Pool) -> float:
        """Before any prediction, of a sample of a pool or a repair of one."""
        if self.prior is None:
            return 0.0
        problem = self.prior.bias + self.prior.ease * beside.logprob
        if candidate.parent is not None:
            return problem + self.prior.repair
        likelier = self.prior.likelihood * (candidate.logprob - beside.logprob)
        return problem + likelier + self.prior.agreement * agreement(candidate, beside)

    def passes(self, log_odds: float, said: Sequence[Verdict | None]) -> list[float]:
        """For each test the probability that the program passes it; None where nothing can be said of a test."""
        weights = [math.log(self.ratios[verdict]) if verdict else 0.0 for verdict in said]
        total = math.fsum(weights)
        return [_probability(log_odds + weight + self.carry * (total - weight)) for weight in weights]


def agreement(candidate: Candidate, beside: Pool) -> float:
    """Log-odds that a further sample is the same program; 0 where there is no other.

    With half a success and half a failure added (Jeffreys' prior), so that it is finite.
    """
    others = beside.completions - 1
    return math.log((candidate.duplicates + 0.5) / (others - candidate.duplicates + 0.5))


def _probability(log_odds: float) -> float:
    """The logistic function, without overflow."""
    if log_odds >= 0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    return math.exp(log_odds) / (1.0 + math.exp(log_odds))
