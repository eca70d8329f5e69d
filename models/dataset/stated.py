"""Drafts from stated problems: programs that solve them in several ways, and programs that nearly do. Runs nothing."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from models.config import SourceConfig
from models.dataset.draft import NEAR_MISS, Draft, Posed, Task
from models.dataset.keys import program_key
from models.dataset.records import FALSE_ALARMS, Dropped, draw_stated, layout, problem
from models.programs import chain, edges, problems
from models.programs.mutants import Mutant, mutants
from models.programs.problems import Stated
from models.programs.source import Source

INPUTS = 6
"""Inputs drawn to tell a wrong program to predict from the right one."""
WITNESSES = 3
"""Right programs that have to agree on a test, where a problem has as many."""
TRIES = 6
"""Writings drawn for each right program that is wanted."""


def composed(source: SourceConfig, rng: Random) -> Draft:
    """A stated problem from the training side, and a program for it, right or nearly."""
    task = _task(source, rng)
    stated, style = draw_stated(rng, wording=source.wording), rng.getrandbits(32)
    right = layout(problems.program(stated, Random(style)))
    near = rng.random() < source.wrong if task == "predict" else task in ("fix", "verify")
    wrong = _near(stated, right, style, rng) if near else None
    code, slip = (wrong.code, wrong.operator) if wrong else ("", "")
    own, difficulty = _source(stated, right), min(1.0, (len(stated.steps) - 1) / 2)
    if task == "predict":
        inputs = tuple(problems.arguments(stated, rng) for _ in range(INPUTS if near else 1))
        run = replace(own, code=code or right, inputs=inputs, correct=not near)
        return Draft(task, run, right=right if near else "", slip=slip, difficulty=difficulty)
    alarm = task == "fix" and rng.random() < FALSE_ALARMS
    posed = _posed(stated, right, source, rng)
    return Draft(task, own, posed, wrong=code, slip=slip, alarm=alarm, difficulty=difficulty)


def mutant(code: str, rng: Random) -> Mutant:
    """The program with one slip. Raises Dropped where there is nothing to change."""
    for changed in mutants(code, rng):
        return changed
    raise Dropped("nothing to change")


def _posed(stated: Stated, right: str, source: SourceConfig, rng: Random) -> Posed:
    wanted = 3 * (source.public + source.hidden)  # some are drawn twice, and on some the right program raises
    inputs = tuple(dict.fromkeys(problems.arguments(stated, rng) for _ in range(wanted)))
    writings = _writings(stated, right, max(source.solutions, WITNESSES) - 1, rng)
    found = edges.inputs(stated, rng)
    return Posed(problem(stated), inputs, found, writings, source.solutions, source.public, source.hidden)


def _writings(stated: Stated, right: str, most: int, rng: Random) -> tuple[str, ...]:
    """Up to `most` further programs for the problem, each with a syntax tree of its own."""
    found = {program_key(right): right}
    for _ in range(TRIES * most):
        code = layout(problems.program(stated, rng))
        found.setdefault(program_key(code), code)
        if len(found) > most:
            break
    return tuple(found.values())[1:]


def _source(stated: Stated, right: str) -> Source:
    group = chain.skeleton(stated.steps)
    return Source(right, stated.io, stated.entry_point, (), "composed", group, stated.statement, True)  # type: ignore[arg-type]


def _near(stated: Stated, right: str, style: int, rng: Random) -> Mutant:
    """A wrong program: half of the time one for a similar problem, half of the time the right one with a slip."""
    if rng.random() < 0.5:
        return mutant(right, rng)
    try:
        code = layout(problems.program(stated, Random(style), problems.near_miss(stated.steps, rng)))
    except SyntaxError:
        raise Dropped("near miss without a program") from None
    return Mutant(code, NEAR_MISS, 1)


def _task(source: SourceConfig, rng: Random) -> Task:
    weights = (source.predict, source.solve, source.fix, source.verify)
    return rng.choices(("predict", "solve", "fix", "verify"), weights)[0]
