"""What a verdict and the model's own probability of a program are worth: a `Belief`, from problems of known truth.

The ratios are counted. The prior, and the share of what is said on one test that counts for the others, are a logistic
regression on which tests the samples really pass, with what is said of the test itself given. Repairs are too few for
more than how often they pass; only those count that this belief would have asked for.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.eval import solving
from models.eval.benchmarks import Task
from models.sandbox.sandbox import Sandbox
from workers.pipeline.believe import Belief, Prior, agreement
from workers.pipeline.config import PipelineConfig
from workers.pipeline.model import Model
from workers.pipeline.simulate import verdict
from workers.pipeline.types import Candidate, Ranking, SolveResult, StopReason, Verdict

RIDGE = 1.0
"""Penalty of the regression, for features of unit deviation: a few rows cannot make a weight large."""
ADDED = 3.0
"""Tests added to each count of the ratios."""
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seen:
    """One candidate of one problem: what is said of it on every public test, and what is true."""

    problem: str
    candidate: Candidate
    others: int
    """Readable completions that were sampled beside it."""
    said: tuple[Verdict, ...]
    """However unsure."""
    passes: tuple[bool, ...]


async def measure(
    tasks: Sequence[Task], model: Model, config: PipelineConfig, sandbox: Sandbox, rounds: int = 1
) -> list[Seen]:
    """Samples, and repairs of one round, as serving draws them without a belief, run for real in the sandbox."""
    bare, once = replace(model, belief=None), replace(config, votes=1, rounds=rounds)
    nothing = SolveResult(None, Ranking((), {}, {}), (), (), (), 0, StopReason.NO_CANDIDATE)
    results = await solving.solutions(tasks, bare, once)
    graded = solving.grade(tasks, [solving.Run(result, None, nothing) for result in results], sandbox)
    return [seen for task, g in zip(tasks, graded, strict=True) for seen in _seen(task, g)]


def _seen(task: Task, graded: solving.Graded) -> list[Seen]:
    problem, result = task.problem, graded.result
    others = sum(1 + c.duplicates for c in result.candidates if c.parent is None) - 1
    said = {
        (s.candidate, s.test): verdict(s.prediction, problem.public_tests[s.test], problem) for s in result.simulations
    }
    tests = range(len(problem.public_tests))
    return [
        Seen(
            problem.id, c, others, tuple(said[c.id, t] for t in tests), tuple(graded.truth[c.id, t] for t in tests)
        )
        for c in result.candidates
    ]  # fmt: skip


def fit(seen: Sequence[Seen]) -> Belief:
    """The belief that these candidates bear out. The fewer they are, the less it says."""
    samples = [one for one in seen if one.candidate.parent is None]
    ratios = _ratios([pair for one in samples for pair in zip(one.said, one.passes, strict=True)])
    rows = [row for one in samples for row in _rows(one, ratios)]
    bias, likelihood, same, carry = _logistic([x for x, _, _ in rows], [o for _, o, _ in rows], [y for *_, y in rows])
    prior = Prior(bias, likelihood, same, repair=0.0)
    belief = Belief(prior, ratios, min(1.0, carry))
    return replace(belief, prior=replace(prior, repair=_repairs(seen, belief)))


def _ratios(pairs: Sequence[tuple[Verdict, bool]]) -> dict[Verdict, float]:
    """For each verdict its share of the tests that are passed, over its share of those that are not.

    To both are added a few tests on which it is as frequent as on all: what was hardly seen says hardly anything, and
    what was never seen nothing.
    """
    cells, truths = Counter(pairs), Counter(passes for _, passes in pairs)
    words = Counter(said for said, _ in pairs)

    def share(said: Verdict, passes: bool) -> float:
        return (cells[said, passes] + ADDED * words[said] / len(pairs)) / (truths[passes] + ADDED)

    return {said: share(said, True) / share(said, False) if words[said] else 1.0 for said in Verdict}


def _rows(one: Seen, ratios: dict[Verdict, float]) -> list[tuple[tuple[float, ...], float, bool]]:
    """For each test: features, the weight of what is said of it, and whether it is passed."""
    weights = [math.log(ratios[said]) for said in one.said]
    looks = (1.0, one.candidate.logprob, agreement(one.candidate.duplicates, one.others))
    return [
        ((*looks, math.fsum(weights) - weight), weight, passes)
        for weight, passes in zip(weights, one.passes, strict=True)
    ]


def _repairs(seen: Sequence[Seen], belief: Belief) -> float:
    """Log-odds that a repair passes a test; half a success and half a failure added."""
    known = {(one.problem, one.candidate.id): one for one in seen}
    passes = [
        passed
        for one in seen
        if one.candidate.parent is not None and _refuted(known[one.problem, one.candidate.parent], belief)
        for passed in one.passes
    ]
    return agreement(sum(passes), len(passes))


def _refuted(one: Seen, belief: Belief) -> bool:
    chances = belief.passes(belief.log_odds(one.candidate, one.others), one.said)
    return any(said is Verdict.FAIL and chance < 0.5 for said, chance in zip(one.said, chances, strict=True))


def _logistic(features: Sequence[Sequence[float]], given: Sequence[float], right: Sequence[bool]) -> list[float]:
    """Weights of a ridge logistic regression, none but the first (of the constant) below zero.

    A feature that would get a negative weight is left out: what makes a program likelier never speaks against it.
    """
    columns = list(range(4))
    while True:
        weights = _newton(np.asarray(features, dtype=np.float64).reshape(-1, 4)[:, columns], given, right)
        negative = [c for c, weight in zip(columns, weights, strict=True) if c and weight < 0]
        if not negative:
            return [float(weights[columns.index(c)]) if c in columns else 0.0 for c in range(4)]
        columns = [c for c in columns if c not in negative]


def _newton(features: Array, given: Sequence[float], right: Sequence[bool], steps: int = 50) -> Array:
    spread = features.std(axis=0) if len(features) else np.zeros(features.shape[1])
    scale = np.where(spread > 1e-9, spread, 1.0)  # what does not vary stays as it is, the constant among it
    x, offset, y = features / scale, np.asarray(given), np.asarray(right, dtype=np.float64)
    weights: Array = np.zeros(features.shape[1])
    for _ in range(steps):
        chance = 1.0 / (1.0 + np.exp(-(x @ weights + offset)))
        slope = x.T @ (y - chance) - RIDGE * weights
        curve = (x.T * (chance * (1.0 - chance))) @ x + RIDGE * np.eye(len(weights))
        weights = weights + np.linalg.solve(curve, slope)
    return weights / scale
