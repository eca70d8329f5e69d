"""Verdicts on programs that others wrote: each right and wrong program of a pair, simulated on the same few tests.

Which tests tell the two apart is found by running both in the sandbox; the tests shown hold one that does.
"""

from __future__ import annotations

import ast
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from models.eval.benchmarks import Pair, Task
from models.eval.cost import cost
from models.eval.verdicts import Judged, judge, summary
from models.programs.mutants import mutants
from models.sandbox import ExecResult, ExecStatus, Job, Limits, Sandbox, SandboxUnavailable
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import InputError
from workers.pipeline.gather import gather
from workers.pipeline.model import Model
from workers.pipeline.simulate import simulate
from workers.pipeline.syntax import defined
from workers.pipeline.types import Candidate, IOTest, Phase, Problem

LIMITS = Limits(seconds=2.0)
TRIED, SHOWN = 16, 3
"""Tests of a pair that are run, and that are simulated."""
SLIPS = 12
"""Mutants of a reference solution that are tried for one that some test tells apart."""


@dataclass(frozen=True, slots=True)
class Case:
    """A pair with the tests it is judged on: the right program passes all of them, the wrong one fails at least one."""

    pair: Pair
    shown: tuple[IOTest, ...]


def cases(pairs: Sequence[Pair], sandbox: Sandbox, left_out: Counter[str]) -> list[Case]:
    """Run both programs of each pair; a pair that no test tells apart is counted in `left_out`.

    Raises SandboxUnavailable where the sandbox fails.
    """
    jobs = [
        Job(code, pair.tests[:TRIED], pair.io, pair.entry_point) for pair in pairs for code in (pair.right, pair.wrong)
    ]
    results = iter(sandbox.map(jobs, LIMITS))
    out = []
    for pair in pairs:
        right, wrong = passes(next(results)), passes(next(results))
        telling = [t for t, r, w in zip(pair.tests, right, wrong, strict=False) if r and not w]
        others = [t for t, r in zip(pair.tests, right, strict=False) if r and t not in telling[:1]]
        if telling:
            out.append(Case(pair, (*telling[:1], *others)[:SHOWN]))
        else:
            left_out["no test tells the programs apart"] += 1
    return out


def passes(results: Sequence[ExecResult]) -> list[bool]:
    """Which tests a program passes. Raises SandboxUnavailable where the sandbox failed on one."""
    if lost := [r for r in results if r.status is ExecStatus.INFRASTRUCTURE]:
        raise SandboxUnavailable(f"the sandbox failed on a program: {lost[0].kind}")
    return [r.status is ExecStatus.SUCCESS for r in results]


def mutated(tasks: Sequence[Task], sandbox: Sandbox, left_out: Counter[str], seed: int) -> list[Case]:
    """For each reference solution the first random mutant that one of the problem's tests tells from it."""
    out = []
    for task in tasks:
        p = task.problem
        own, tests = Counter[str](), (*p.public_tests, *task.hidden)
        slips = zip(range(SLIPS), mutants(task.reference, Random(f"{seed}:{p.id}")), strict=False)
        pairs = (
            Pair(p.id, p.statement, p.io, p.entry_point, task.reference, slip.code, tests)
            for _, slip in slips
            if p.entry_point is None or p.entry_point in defined(ast.parse(slip.code))
        )
        found = next((case for pair in pairs for case in cases([pair], sandbox, own)), None)
        if found:
            out.append(found)
        else:
            left_out["no mutant that a test tells apart"] += 1
    return out


async def evaluate(found: Sequence[Case], model: Model, config: PipelineConfig) -> dict[str, Any]:
    """The verdict on both programs of every case. Others wrote them: nothing is known of them before they are run."""
    model = model.of_others(config)
    begun = time.monotonic()
    both = await gather(_judge(case, model, config) for case in found)
    seconds = time.monotonic() - begun
    called = [(case, *said) for case, said in zip(found, both, strict=True) if said]
    return {
        "pairs": len(found),
        "not to be called": len(found) - len(called),
        **summary([(right, wrong) for _, right, wrong, _ in called]),
        "cost": cost(sum((spent for *_, spent in called), Phase()).usage, seconds, len(called)),
        "items": [
            {"id": case.pair.id, "right": right.said.value, "wrong": wrong.said.value,
             "probabilities": [right.probability, wrong.probability]}
            for case, right, wrong, _ in called
        ],
    }  # fmt: skip


async def _judge(case: Case, model: Model, config: PipelineConfig) -> tuple[Judged, Judged, Phase] | None:
    """What is said of the right and of the wrong program, and what it cost; None where one cannot be called."""
    pair = case.pair
    problem = Problem(pair.statement, pair.io, pair.entry_point, case.shown, id=pair.id)
    candidates = (Candidate("right", pair.right), Candidate("wrong", pair.wrong))
    try:
        simulated = await simulate(problem, candidates, model, config)
    except InputError:  # a program that does not define the function of its problem
        return None
    of = {c.id: [s for s in simulated.simulations if s.candidate == c.id] for c in candidates}
    return judge(of["right"], True), judge(of["wrong"], False), simulated.cost
