"""Generators and corpora under one interface: a kind → drafts of training tasks. Runs nothing."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random

from models.config import SourceConfig
from models.dataset.keys import program_key
from models.dataset.records import FALSE_ALARMS, Dropped, draw_stated, layout, problem
from models.programs import broad as broad_
from models.programs import chain, functions, fuzz, probes, problems
from models.programs import corpus as corpora
from models.programs.mutants import mutants
from models.programs.problems import Stated
from models.programs.source import Rejected, Source
from workers.pipeline.errors import InputError
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
    right: str = ""
    """Of a wrong program to predict: the right one, which some input must tell from it."""
    guessed: bool = False
    """The source's inputs are guesses: the first one that the program's types allow counts."""
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


def probe(_source: SourceConfig, rng: Random) -> Draft:
    """A few statements on values as strangers write them."""
    drawn = probes.draw(rng)
    return Draft("predict", replace(drawn, code=layout(drawn.code)))


def random(_source: SourceConfig, rng: Random) -> Draft:
    """A function or script put together at random, by type."""
    return _function(functions.draw(rng), "random", rng)


def broad(source: SourceConfig, rng: Random) -> Draft:
    """A program like those people write, of a difficulty from the configured range, right or with a slip."""
    difficulty = rng.uniform(source.easiest, source.hardest)
    slip = bool(source.wrong) and rng.random() < source.wrong
    drawn = broad_.draw(rng, difficulty, INPUTS if slip else 1)
    code = laid_out(drawn.code, drawn.entry_point)
    if code is None:
        raise Dropped("does not parse")
    if slip:
        wrong = replace(drawn, code=_mutant(code, rng), correct=False)
        return Draft("predict", wrong, right=code, difficulty=difficulty)
    return Draft("predict", replace(drawn, code=code), difficulty=difficulty)


def corpus(source: SourceConfig, seed: int, number: int, parts: int) -> Iterator[Draft | Rejected]:
    """Every program of a corpus with each of its inputs, once: those that belong to part `number`, in a drawn order.

    A program without inputs comes once, with guesses; a row that cannot be used comes once, with its reason.
    """
    rows = _corpus(source.path, source.split)
    places = [(row, at) for row in rows for at in range(1 if isinstance(row, Rejected) else len(row.inputs) or 1)]
    rng = Random(f"{seed}:corpus")
    rng.shuffle(places)
    for row, at in places[number::parts]:
        if isinstance(row, Rejected):
            yield row
        elif row.inputs:
            yield Draft("predict", replace(row, inputs=(row.inputs[at],)))
        else:
            own = Random(f"{seed}:{row.code}")
            guesses = tuple(fuzz.arguments(row.code, row.entry_point or "", own, INPUTS))
            yield Draft("predict", replace(row, inputs=guesses), guessed=True)


@functools.cache
def _corpus(path: str, split: str) -> list[Source | Rejected]:
    """All rows; each process reads them once."""
    rows = corpora.read(path, split)
    if not rows:
        raise InputError(f"corpus {path} has no rows")
    return rows


def fingerprint(source: SourceConfig) -> str:
    """sha256 of what was read of a corpus, whatever form it has: other rows would give other bytes."""
    return hashlib.sha256(repr(_corpus(source.path, source.split)).encode("utf-8", "surrogatepass")).hexdigest()


def composed(source: SourceConfig, rng: Random) -> Draft:
    """A stated problem from the training side, and a program for it, right or nearly."""
    task = _task(source, rng)
    stated, style = draw_stated(rng), rng.getrandbits(32)
    right = layout(problems.program(stated, Random(style)))
    near = rng.random() < source.wrong if task == "predict" else task == "fix"
    wrong = _near(stated, right, style, rng) if near else ""
    inputs = tuple(problems.arguments(stated, rng) for _ in range(INPUTS if near else 1))
    if task == "predict":
        own = _source(stated, wrong or right, inputs, not near)
        return Draft(task, own, right=right if near else "", difficulty=_graded(stated))
    alarm = task == "fix" and rng.random() < FALSE_ALARMS
    own = _source(stated, right, inputs, True)
    return Draft(task, own, problem(stated), wrong, alarm=alarm, difficulty=_graded(stated))


def _function(drawn: functions.Drawn, origin: str, rng: Random) -> Draft:
    code = layout(drawn.code)
    given = functions.arguments(drawn, rng)
    source = Source(code, drawn.io, drawn.entry_point, (given,), origin, program_key(code))  # type: ignore[arg-type]
    return Draft("predict", source)


def _source(stated: Stated, code: str, inputs: tuple[str, ...], correct: bool) -> Source:
    group = chain.skeleton(stated.steps)
    return Source(code, stated.io, stated.entry_point, inputs, "composed", group, stated.statement, correct)  # type: ignore[arg-type]


def _near(stated: Stated, right: str, style: int, rng: Random) -> str:
    """A wrong program: half of the time one for a similar problem, half of the time the right one with a slip."""
    if rng.random() < 0.5:
        return _mutant(right, rng)
    try:
        return layout(problems.program(stated, Random(style), problems.near_miss(stated.steps, rng)))
    except SyntaxError:
        raise Dropped("near miss without a program") from None


def _mutant(code: str, rng: Random) -> str:
    for mutant in mutants(code, rng):
        return mutant.code
    raise Dropped("nothing to change")


def _graded(stated: Stated) -> float:
    return min(1.0, (len(stated.steps) - 1) / 2)


def _task(source: SourceConfig, rng: Random) -> Task:
    weights = (source.predict, source.solve, source.fix)
    return rng.choices(("predict", "solve", "fix"), weights)[0]


GENERATORS: Mapping[str, Generator] = {
    "drill": drill, "probe": probe, "random": random, "broad": broad, "composed": composed,
}  # fmt: skip
"""Kind of a `[[source]]` → what draws from it, without end."""
CORPUS = "corpus"
"""The kind that comes to an end."""
STATED = frozenset({"composed"})
"""Kinds that also serve `solve` and `fix`."""
SLIPPING = STATED | {"broad"}
"""Kinds that also draw wrong programs."""
