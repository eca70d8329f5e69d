"""What a verdict and the model's own probability of a program are worth: a `Belief`, from problems of known truth.

The ratios are counted. The prior, and the share of what is said on one test that counts for the others, are a logistic
regression on which tests the samples really pass, with what is said of the test itself given. Repairs are too few for
more than one number; only those count that this belief would have asked for.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.eval import solving
from models.eval.benchmarks import Task
from models.sandbox.sandbox import Sandbox
from workers.pipeline.believe import Belief, Pool, Prior, agreement, pool
from workers.pipeline.config import PipelineConfig
from workers.pipeline.model import Model
from workers.pipeline.types import Candidate, Verdict

RIDGE = 1.0
"""Penalty of the regression, for features of unit deviation: a few rows cannot make a weight large."""
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seen:
    """One candidate of one problem: what is said of it on every public test, and what is true."""

    problem: str
    candidate: Candidate
    said: tuple[Verdict, ...]
    """Where calibration alone decides whether a predicted failure is a verdict."""
    passes: tuple[bool, ...]


class Row(NamedTuple):
    """One test of one candidate, as the regression takes it."""

    features: tuple[float, ...]
    given: float
    """Log-odds that have the weight 1."""
    right: bool


async def measure(
    tasks: Sequence[Task], model: Model, config: PipelineConfig, sandbox: Sandbox, rounds: int = 1
) -> list[Seen]:
    """Samples, and repairs of one round, as serving draws them without a belief, run for real in the sandbox."""
    bare, once = replace(model, belief=None), replace(config, votes=1, rounds=rounds, resamples=0)
    results = await solving.solutions(tasks, bare, once)
    graded = solving.grade(tasks, [solving.Run(result, None, solving.NOTHING) for result in results], sandbox)
    return [seen for task, g in zip(tasks, graded, strict=True) for seen in _seen(task, g)]


def _seen(task: Task, graded: solving.Graded) -> list[Seen]:
    said = {(s.candidate, s.test): s.verdict for s in graded.result.simulations}
    tests = range(len(task.problem.public_tests))
    return [
        Seen(
            task.problem.id,
            candidate,
            tuple(said[candidate.id, test] for test in tests),
            tuple(graded.truth[candidate.id, test] for test in tests),
        )
        for candidate in graded.result.candidates
    ]


def fit(seen: Sequence[Seen]) -> Belief:
    """The belief that these candidates bear out. The fewer they are, the less it says."""
    own: dict[str, list[Candidate]] = {}
    for one in seen:
        own.setdefault(one.problem, []).append(one.candidate)
    pools = {problem: pool(candidates) for problem, candidates in own.items()}
    samples = [one for one in seen if one.candidate.parent is None]
    ratios = _ratios(samples)
    rows = [row for one in samples for row in _rows(one, pools[one.problem], ratios)]
    bias, ease, likelihood, same, carry = _logistic(rows, width=5)
    belief = Belief(Prior(bias, ease, likelihood, same, repair=0.0), ratios, min(1.0, carry))
    return replace(belief, prior=Prior(bias, ease, likelihood, same, _repair(seen, pools, belief)))


def _ratios(samples: Sequence[Seen]) -> dict[Verdict, float]:
    """For each verdict its share of the tests that are passed, over its share of those that are not.

    Compared within each problem and then pooled (Mantel and Haenszel 1959): that passes are predicted where the problem
    is easy tells no right program from a wrong one. One added to both sides makes what was hardly seen say hardly
    anything.
    """
    problems: dict[str, Counter[tuple[Verdict, bool]]] = {}
    for one in samples:
        problems.setdefault(one.problem, Counter()).update(zip(one.said, one.passes, strict=True))
    over, under = dict.fromkeys(Verdict, 1.0), dict.fromkeys(Verdict, 1.0)
    for cells in problems.values():
        passed = sum(cells[said, True] for said in Verdict)
        failed = cells.total() - passed
        for said in Verdict:
            over[said] += cells[said, True] * failed / cells.total()
            under[said] += cells[said, False] * passed / cells.total()
    return {said: over[said] / under[said] for said in Verdict}


def _rows(one: Seen, beside: Pool, ratios: Mapping[Verdict, float]) -> list[Row]:
    """One for each test: what is said of the test itself is given, all else is weighed."""
    weights = [math.log(ratios[said]) for said in one.said]
    likelier = one.candidate.logprob - beside.logprob
    looks = (1.0, beside.logprob, likelier, agreement(one.candidate, beside))
    return [
        Row((*looks, math.fsum(weights) - weight), weight, passes)
        for weight, passes in zip(weights, one.passes, strict=True)
    ]


def _repair(seen: Sequence[Seen], pools: Mapping[str, Pool], belief: Belief) -> float:
    """What it says of a program that it is a repair, apart from what its runs say."""
    known = {(one.problem, one.candidate.id): one for one in seen}
    rows = []
    for one in seen:
        beside, parent = pools[one.problem], known.get((one.problem, one.candidate.parent or ""))
        if parent is not None and _refuted(parent, beside, belief):
            log_odds = belief.log_odds(one.candidate, beside)
            rows += [Row((1.0,), log_odds, passes) for passes in one.passes]
    return _logistic(rows, width=1)[0]


def _refuted(one: Seen, beside: Pool, belief: Belief) -> bool:
    chances = belief.passes(belief.log_odds(one.candidate, beside), one.said)
    return any(said is Verdict.FAIL and chance < 0.5 for said, chance in zip(one.said, chances, strict=True))


def _logistic(rows: Sequence[Row], width: int) -> list[float]:
    """Weights of a ridge logistic regression with `width` features, none but the first (a constant) below zero.

    A feature that would get a negative weight is left out: what makes a program likelier never speaks against it.
    """
    features = np.asarray([row.features for row in rows], dtype=np.float64).reshape(-1, width)
    given, right = np.asarray([row.given for row in rows]), np.asarray([float(row.right) for row in rows])
    columns = list(range(width))
    while True:
        weights = _newton(features[:, columns], given, right)
        negative = [c for c, weight in zip(columns, weights, strict=True) if c and weight < 0]
        if not negative:
            return [float(weights[columns.index(c)]) if c in columns else 0.0 for c in range(width)]
        columns = [c for c in columns if c not in negative]


def _newton(features: Array, given: Array, right: Array, steps: int = 50) -> Array:
    spread = features.std(axis=0) if len(features) else np.zeros(features.shape[1])
    scale = np.where(spread > 1e-9, spread, 1.0)  # what does not vary stays as it is, the constant among it
    x, weights = features / scale, np.zeros(features.shape[1])
    for _ in range(steps):
        chance = 1.0 / (1.0 + np.exp(-(x @ weights + given)))
        slope = x.T @ (right - chance) - RIDGE * weights
        curve = (x.T * (chance * (1.0 - chance))) @ x + RIDGE * np.eye(len(weights))
        weights = weights + np.linalg.solve(curve, slope)
    return weights / scale
