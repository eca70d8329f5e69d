"""Rank: candidates and their simulations → an order, with the rule that decided each place. Pure and deterministic.

The rules, each asked only where all before it leave two candidates equal:

    pass rate    more of the tests with a known output are expected to pass, by the measured belief of the checkpoint;
                 without one, more of them are predicted to pass, and where the model abstains counts half
    failures     fewer are predicted to fail: not knowing is better than failing
    duplicates   more completions gave this program (self-consistency, arXiv 2203.11171)
    agreement    its predictions agree with those of more other candidates (after CodeT, arXiv 2207.10397)
    confidence   more tests are expected to pass, weighing each verdict by its confidence
    likelihood   higher mean log-probability of the completion
    length       shorter program
    id           sampled earlier
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from workers.pipeline.predict import meaning
from workers.pipeline.types import Candidate, Problem, Ranking, Simulation, Verdict

_Key = tuple[float, int, int, int, float, float, int, tuple[int, str]]

RULES = ("pass rate", "failures", "duplicates", "agreement", "confidence", "likelihood", "length", "id")


def rank(problem: Problem, candidates: Sequence[Candidate], simulations: Sequence[Simulation]) -> Ranking:
    """The candidates, best first; the order of neither argument matters."""
    scored = frozenset(i for i, test in enumerate(problem.public_tests) if test.output is not None)
    agreement = _agreement(problem, simulations)
    own: dict[str, list[Simulation]] = {candidate.id: [] for candidate in candidates}
    for simulation in simulations:
        own[simulation.candidate].append(simulation)
    keys = {
        candidate.id: _key(candidate, own[candidate.id], scored, agreement[candidate.id]) for candidate in candidates
    }
    order = tuple(sorted(keys, key=keys.__getitem__))
    ties = {better: _deciding(keys[better], keys[worse]) for better, worse in pairwise(order)}
    return Ranking(order, {name: -keys[name][0] for name in order}, ties)


def expected_pass(simulation: Simulation) -> float:
    """Estimated probability that the candidate passes this test."""
    if simulation.passes is not None:
        return simulation.passes
    if simulation.verdict is Verdict.ABSTAIN:
        return 0.5
    confidence = simulation.prediction.confidence
    return confidence if simulation.verdict is Verdict.PASS else 1.0 - confidence


def _key(candidate: Candidate, own: Sequence[Simulation], scored: frozenset[int], agreement: int) -> _Key:
    """One number for each of RULES; the smaller tuple is the better candidate."""
    verdicts = Counter(simulation.verdict for simulation in own)
    return (
        -_pass_rate(own, scored) if scored else 0.0,
        verdicts[Verdict.FAIL],
        -candidate.duplicates,
        -agreement,
        -math.fsum(expected_pass(simulation) for simulation in own),
        -candidate.logprob,
        len(candidate.code),
        (len(candidate.id), candidate.id),  # c9 before c10
    )


def _pass_rate(own: Sequence[Simulation], scored: frozenset[int]) -> float:
    """Over the tests with a known output. One that was not simulated counts half, as one the model cannot tell does."""
    chances = [_chance(simulation) for simulation in own if simulation.test in scored]
    return (math.fsum(chances) + (len(scored) - len(chances)) / 2) / len(scored)


def _chance(simulation: Simulation) -> float:
    if simulation.passes is not None:
        return simulation.passes
    return {Verdict.PASS: 1.0, Verdict.FAIL: 0.0, Verdict.ABSTAIN: 0.5}[simulation.verdict]


def _agreement(problem: Problem, simulations: Sequence[Simulation]) -> Counter[str]:
    """For each candidate: how many predictions of others, on the same test, say what its own does."""
    groups: dict[object, list[str]] = {}
    for simulation in simulations:
        if simulation.prediction.finishes is not None:
            said = (simulation.test, meaning(simulation.prediction, problem.io))
            groups.setdefault(said, []).append(simulation.candidate)
    agreement: Counter[str] = Counter()
    for group in groups.values():
        for candidate in group:
            agreement[candidate] += len(group) - 1
    return agreement


def _deciding(better: _Key, worse: _Key) -> str:
    return next(rule for rule, a, b in zip(RULES, better, worse, strict=True) if a != b)
