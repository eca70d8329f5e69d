"""Believe: what is known of a program, and what is said of it on tests → how likely it passes each of them.

Bayes' rule, with numbers that `models.eval` measured for the checkpoint: `Belief` for programs that the model sampled,
`Others` for those that it did not write. Knows numbers only; which verdict a prediction gives is `simulate.py`'s
business.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from workers.pipeline.calibrate import Bin
from workers.pipeline.types import Candidate, Verdict


@dataclass(frozen=True, slots=True)
class Pool:
    """The readable completions that were sampled for a problem at first."""

    completions: int
    logprob: float
    """Mean over them of their mean log-probability per token: low where the model is at a loss."""


def pool(candidates: Iterable[Candidate]) -> Pool:
    """Of the candidates of the first draw, each with its duplicates: what was said of them stays as rounds go on."""
    counted = [(1 + c.duplicates, c.logprob) for c in candidates if c.round == 0]
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


Said = Sequence[tuple[Verdict, float] | None]
"""For each test the verdict and the calibrated confidence, 0..1, of the prediction that it follows from; None where
nothing can be said of a test."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What was measured on the model's own programs for problems of known truth.

    A verdict is weak evidence, and what it says of one test it says in part of the others: a wrong program fails many,
    and a misread one is misread on all.
    """

    prior: Prior
    ratios: Mapping[Verdict, float]
    """How many times likelier a verdict is on a test that the program passes than on one that it fails."""
    carry: float
    """Share, 0..1, of what is said on one test that counts for each other test of the same program."""

    def log_odds(self, candidate: Candidate, beside: Pool) -> float:
        """Before any prediction, of a sample of a pool or a repair of one."""
        problem = self.prior.bias + self.prior.ease * beside.logprob
        if candidate.parent is not None:
            return problem + self.prior.repair
        likelier = self.prior.likelihood * (candidate.logprob - beside.logprob)
        return problem + likelier + self.prior.agreement * agreement(candidate, beside)

    def chances(self, candidate: Candidate, beside: Pool, said: Said) -> list[float]:
        """For each test the probability that a sample of the pool, or a repair of one, passes it."""
        return self.passes(self.log_odds(candidate, beside), [None if one is None else one[0] for one in said])

    def passes(self, log_odds: float, said: Sequence[Verdict | None]) -> list[float]:
        """For each test the probability that the program passes it; None where nothing can be said of a test."""
        weights = [math.log(self.ratios[verdict]) if verdict else 0.0 for verdict in said]
        total = math.fsum(weights)
        return [_probability(log_odds + weight + self.carry * (total - weight)) for weight in weights]


@dataclass(frozen=True, slots=True)
class Others:
    """What was measured on programs that the model did not write, and that are not like those it learned from.

    It misreads far more of them, so its verdicts are worth as much as it is sure of the run, each for its own test.
    """

    calibration: tuple[Bin, ...]
    """Measured accuracy by raw confidence."""
    slip: float
    """How often, 0..1 and not 0, a mistaken run of a program that fails a test ends in just the expected output."""
    votes: int = 1
    """How many runs each prediction was made of."""

    def chances(self, candidate: Candidate, beside: Pool, said: Said) -> list[float]:
        """For each test the probability that a program passes it of which nothing else is known: even odds before."""
        del candidate, beside
        return [0.5 if one is None else self._passes(*one) for one in said]

    def _passes(self, said: Verdict, confidence: float) -> float:
        mistaken = 1.0 - confidence
        if said is Verdict.PASS:
            return confidence / (confidence + mistaken * self.slip)
        if said is Verdict.FAIL:
            return mistaken / (mistaken + confidence + mistaken * (1.0 - self.slip))
        return 0.5


def agreement(candidate: Candidate, beside: Pool) -> float:
    """Log-odds that a further sample is the same program; 0 where there is no other.

    With half a success and half a failure added (Jeffreys' prior), so that it is finite. A program of a later round is
    none of the pool.
    """
    different = beside.completions - (1 + candidate.duplicates if candidate.round == 0 else 0)
    return math.log((candidate.duplicates + 0.5) / (different + 0.5))


def _probability(log_odds: float) -> float:
    """The logistic function, without overflow."""
    if log_odds >= 0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    return math.exp(log_odds) / (1.0 + math.exp(log_odds))
