"""Draws rows from the project's generators: training side of the skeleton split, nothing close to an evaluation set.

`solve` draws from the held-out side too, for what is measured and never trained on.

Programs are traced, so this runs in a child process with limits only (`pool.py` sees to it). What a row claims was
observed. A row that is not to be has a reason (`Dropped`); whoever asks draws again.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from random import Random

from models.config import DatasetConfig
from models.dataset import records
from models.dataset.decontaminate import Decontaminator
from models.dataset.records import Dropped, Program
from models.programs import chain, frames, problems, wide
from models.programs.mutants import mutants
from models.programs.problems import Stated
from models.rl.config import PoolConfig
from models.rl.rows import PredictRow, SolveRow, VerifyRow
from workers.pipeline import compare
from workers.pipeline.types import IOTest, Problem

STATED = DatasetConfig(drills=0.0, composed=1.0)
OTHERS = DatasetConfig(drills=0.3, broad=0.5, composed=0.0)
"""Of programs that are for no stated problem: a third random, a third broad, a third single expressions."""
TRIES = 400
"""Draws for one predict row of a wanted ending."""
INPUTS = 60
"""Inputs drawn for the tests of one problem."""
SLIPS = 8
"""Slips tried in one program."""


def predict(config: PoolConfig, evaluation: Decontaminator, rng: Random) -> PredictRow:
    """A program, right or wrong, and what it does; its ending is chosen first, as most programs just end.

    Where no program is to be wrong none has a slip; what ends in an exception does so as it was drawn.
    """
    rest = 1 - config.raises - config.endless
    want = rng.choices(("raises", "endless", "output"), (config.raises, config.endless, rest))[0]
    slip = rng.random() < config.wrong
    stated, others = replace(STATED, wrong=config.wrong), replace(OTHERS, frequencies=config.frequencies)
    for _ in range(TRIES):
        try:
            program = records.draw_program(stated if rng.random() < config.stated else others, rng)
            if program.origin == wide.SLIPPED and not slip:
                continue  # it came with one
            correct = {"right": True, "wrong": False, wide.SLIPPED: False}.get(program.origin)
            if config.wrong and want != "output" and (code := stalled(program.code, rng)):
                program, correct = replace(program, code=code), False
            elif correct is None and slip:
                program, correct = replace(program, code=slipped(program, rng)), False
            workings = config.workings or "plain"  # no parent says how it tells: outcomes are all that counts then
            seen = records.run(program.code, program.io, program.entry_point, program.given, workings)
        except Dropped:
            continue
        ending = "endless" if seen.endless else "raises" if seen.raised else "output"
        told = seen.endless or len(seen.steps) <= config.steps
        if ending == want and told and not evaluation.why(program.code):
            return PredictRow(
                program.code, program.io, program.entry_point, program.given,  # type: ignore[arg-type]
                seen.output, seen.raised, not seen.endless, correct, records.told(program, seen),
            )  # fmt: skip
    raise Dropped(f"no program that ends with {want}")


def stalled(code: str, rng: Random) -> str | None:
    """The program with one statement of a `while` loop gone, as a slip would have it: most such never end."""
    tree = ast.parse(code)
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.While) and len(node.body) > 1]
    if not loops:
        return None
    body = rng.choice(loops).body
    del body[rng.randrange(len(body))]
    return ast.unparse(tree)


def slipped(program: Program, rng: Random) -> str:
    """The program with a slip in it, so that it does something else on its input. Raises `Dropped` if none is found."""
    right = _outcome(program)
    for _, mutant in zip(range(SLIPS), mutants(program.code, rng), strict=False):
        try:
            if _outcome(replace(program, code=mutant.code)) != right:
                return mutant.code
        except Dropped:  # of what cannot be traced
            continue
    raise Dropped("no slip changes what it does")


def _outcome(program: Program) -> tuple[str | None, str | None, bool]:
    seen = records.run(program.code, program.io, program.entry_point, program.given)
    return seen.output, seen.raised, seen.endless


def draw_stated(rng: Random, operations: int, held_out: bool = False, wording: str = "plain") -> Stated:
    """A stated problem from the wanted side of the skeleton split, of just so many operations; 0: of one to three."""
    if not operations:
        return records.draw_stated(rng, held_out, wording)
    while len(steps := chain.draw(rng, operations)) < operations or chain.held_out(steps) != held_out:
        pass  # a yes or no ends a chain early
    return frames.state_in(wording, steps, rng)


def solve(config: PoolConfig, evaluation: Decontaminator, rng: Random, held_out: bool = False) -> SolveRow:
    """A stated problem with distinct tests, the public ones first. Raises `Dropped`."""
    stated = draw_stated(rng, config.operations, held_out, config.wording)
    code = records.layout(problems.program(stated, rng))
    if reason := evaluation.why(code, stated.statement):
        raise Dropped(reason)
    tests = _tests(stated, code, config.public + config.hidden, rng)
    shown = records.problem(stated, tests[: config.public])
    hidden = tests[config.public :]
    if len({compare.key(test.output or "", shown.io) for test in hidden}) < 2:
        raise Dropped("one answer passes every hidden test")
    return SolveRow(shown, hidden)


def verify(config: PoolConfig, evaluation: Decontaminator, rng: Random, passes: bool = True) -> VerifyRow:
    """A correct program with a test, or an incorrect one with a test that it fails: a constant answer earns nothing
    where they are as many. Which of the two is told, as the latter takes more tries. Raises `Dropped`.
    """
    for _ in range(TRIES):
        try:
            return _verify(config, passes, evaluation, rng)
        except Dropped:
            continue
    raise Dropped(f"no program that {'passes' if passes else 'fails'}")


def _verify(config: PoolConfig, passes: bool, evaluation: Decontaminator, rng: Random) -> VerifyRow:
    stated = draw_stated(rng, config.operations, wording=config.wording)
    style = rng.getrandbits(32)
    right = records.layout(problems.program(stated, Random(style)))
    if reason := evaluation.why(right, stated.statement):
        raise Dropped(reason)
    problem = records.problem(stated)
    if passes:
        return VerifyRow(problem, right, _tests(stated, right, 1, rng)[0], True)
    wrong = near(stated, style, rng)
    for test in _tests(stated, right, 6, rng):
        if not _passes(problem, wrong, test):
            return VerifyRow(problem, wrong, test, False)
    raise Dropped("no test tells the programs apart")


def near(stated: Stated, style: int, rng: Random) -> str:
    """A program that computes something slightly else, otherwise written as that of `Random(style)`."""
    try:
        return records.layout(problems.program(stated, Random(style), problems.near_miss(stated.steps, rng)))
    except SyntaxError:
        raise Dropped("near miss without a program") from None


def _tests(stated: Stated, code: str, count: int, rng: Random) -> tuple[IOTest, ...]:
    """Tests with distinct inputs on which the program gives an output. Raises `Dropped`."""
    tests: dict[str, str] = {}
    for _ in range(INPUTS):
        given = problems.arguments(stated, rng)
        seen = records.run(code, stated.io, stated.entry_point, given)
        if seen.output is not None:
            tests.setdefault(given, seen.output)
        if len(tests) == count:
            return tuple(IOTest(given, output) for given, output in tests.items())
    raise Dropped("too few tests")


def _passes(problem: Problem, code: str, test: IOTest) -> bool:
    seen = records.run(code, problem.io, problem.entry_point, test.input)
    return seen.output is not None and compare.matches(seen.output, test.output or "", problem.io)
