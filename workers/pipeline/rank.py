"""Rank: candidates and their simulations → an order, with the rule that decided each place. Pure and deterministic.

The rules, each asked only where all before it leave two candidates equal:

    pass rate    more of the tests with a known output are predicted to pass; where the model abstains counts half
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
    scored = sum(test.output is not None for test in problem.public_tests)
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
    if simulation.verdict is Verdict.ABSTAIN:
        return 0.5
    confidence = simulation.prediction.confidence
    return confidence if simulation.verdict is Verdict.PASS else 1.0 - confidence


def _key(candidate: Candidate, own: Sequence[Simulation], scored: int, agreement: int) -> _Key:
    """One number for each of RULES; the smaller tuple is the better candidate."""
    verdicts = Counter(simulation.verdict for simulation in own)
    return (
        -((verdicts[Verdict.PASS] + (scored - verdicts[Verdict.PASS] - verdicts[Verdict.FAIL]) / 2) / scored)
        if scored
        else 0.0,
        verdicts[Verdict.FAIL],
        -candidate.duplicates,
        -agreement,
        -math.fsum(expected_pass(simulation) for simulation in own),
        -candidate.logprob,
        len(candidate.code),
        (len(candidate.id), candidate.id),  # c9 before c10
    )


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
