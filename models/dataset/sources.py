"""The project's own generators under one interface: a kind → drafts of training tasks. Runs nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random

from models.config import SourceConfig
from models.dataset.keys import program_key
from models.dataset.records import FALSE_ALARMS, Dropped, draw_stated, layout, problem
from models.programs import broad as broad_
from models.programs import chain, functions, problems
from models.programs.problems import Stated
from models.programs.source import Source
from workers.pipeline.syntax import laid_out
from workers.pipeline.types import Problem, Task


@dataclass(frozen=True, slots=True)
class Draft:
    """A task before anything was run."""

    task: Task
    source: Source
    """The program of `predict` (its first input counts), the answer of `solve` and `fix`."""
    problem: Problem | None = None
    """What `solve` and `fix` state."""
    wrong: str = ""
    """A program for the same problem that fails some of the source's inputs: what `fix` repairs, and whose outcomes
    it shows."""
    alarm: bool = False
    """A false alarm: `fix` shows the right program with the outcomes of the wrong one, as a slip of the simulation
    would have them, and the answer is the program as it is."""
    difficulty: float | None = None
    """0 to 1, where the source grades its programs."""


Generator = Callable[[SourceConfig, Random], Draft]
INPUTS = 6
"""Inputs drawn to tell a wrong program from the right one."""


def drill(_source: SourceConfig, rng: Random) -> Draft:
    """A function of a single expression."""
    return _function(functions.drill(rng), "drill", rng)


def random(_source: SourceConfig, rng: Random) -> Draft:
    """A function or script put together at random, by type."""
    return _function(functions.draw(rng), "random", rng)


def broad(source: SourceConfig, rng: Random) -> Draft:
    """A program like those people write, of a difficulty from the configured range."""
    difficulty = rng.uniform(source.easiest, source.hardest)
    drawn = broad_.draw(rng, difficulty)
    code = laid_out(drawn.code, drawn.entry_point)
    if code is None:
        raise Dropped("does not parse")
    return Draft("predict", replace(drawn, code=code), difficulty=difficulty)


def composed(source: SourceConfig, rng: Random) -> Draft:
    """A stated problem from the training side, and a program for it, right or nearly."""
    task = _task(source, rng)
    stated, style = draw_stated(rng), rng.getrandbits(32)
    right = layout(problems.program(stated, Random(style)))
    inputs = tuple(problems.arguments(stated, rng) for _ in range(INPUTS if task == "fix" else 1))
    if task == "predict":
        near = rng.random() < source.wrong
        return Draft(task, _source(stated, _near(stated, style, rng) if near else right, inputs, not near),
                     difficulty=_graded(stated))  # fmt: skip
    wrong, alarm = "", False
    if task == "fix":
        wrong, alarm = _near(stated, style, rng), rng.random() < FALSE_ALARMS
    return Draft(task, _source(stated, right, inputs, True), problem(stated), wrong, alarm, _graded(stated))


def _function(drawn: functions.Drawn, origin: str, rng: Random) -> Draft:
    code = layout(drawn.code)
    given = functions.arguments(drawn, rng)
    source = Source(code, drawn.io, drawn.entry_point, (given,), origin, program_key(code))  # type: ignore[arg-type]
    return Draft("predict", source)


def _source(stated: Stated, code: str, inputs: tuple[str, ...], correct: bool) -> Source:
    group = chain.skeleton(stated.steps)
    return Source(code, stated.io, stated.entry_point, inputs, "composed", group, stated.statement, correct)  # type: ignore[arg-type]


def _near(stated: Stated, style: int, rng: Random) -> str:
    try:
        return layout(problems.program(stated, Random(style), problems.near_miss(stated.steps, rng)))
    except SyntaxError:
        raise Dropped("near miss without a program") from None


def _graded(stated: Stated) -> float:
    return min(1.0, (len(stated.steps) - 1) / 2)


def _task(source: SourceConfig, rng: Random) -> Task:
    weights = (source.predict, source.solve, source.fix)
    return rng.choices(("predict", "solve", "fix"), weights)[0]


GENERATORS: Mapping[str, Generator] = {"drill": drill, "random": random, "broad": broad, "composed": composed}
"""Kind of a `[[source]]` → what draws from it."""
STATED = frozenset({"composed"})
"""Kinds that also serve `solve` and `fix`."""
