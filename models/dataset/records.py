"""Training records: one prompt and the completion that is true for it, for each task.

Everything a completion claims was observed: narratives and outcomes come from traces, programs of `solve` and `fix`
were run on the tests. Prompts are the serving prompts of `workers.pipeline.prompts.tagged`, so the two cannot disagree.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from random import Random

from models.config import DatasetConfig
from models.narrative import prose
from models.narrative.compact import narrate
from models.programs import broad, chain, frames, functions, probes, problems, weighted, wide
from models.programs.problems import Stated
from models.trace.tracer import trace
from models.trace.types import LIMITS, Trace, TraceLimits, TraceRejected
from workers.pipeline.prompts import tagged
from workers.pipeline.types import Candidate, IOTest, Prediction, Problem

LONG = {"plain": 900, "spelled": 1000, "stepped": 1080}
"""By workings, characters of a narrative beyond which most are left out: they repeat a few operations many times."""
SHOWN_TESTS = 2
"""Most tests shown in a repair prompt made for training."""
PROBES = {"even": 0.75, "weighted": 0.85, "wide": 0.9}
"""By frequencies, share of the drills that are probes."""
PROBE = {"even": probes.draw, "weighted": weighted.probe, "wide": wide.probe}
BROAD = {"even": broad.draw, "weighted": weighted.broad, "wide": wide.broad}
LONGER = {"even": 1, "weighted": 2, "wide": 3}
"""By frequencies, how many times as long a narrative is before it counts as long."""
SOON = {
    weighted.DOUBTFUL: TraceLimits(endless_steps=weighted.ENDS),
    wide.SLIPPED: TraceLimits(endless_steps=5 * weighted.ENDS),
}
"""By origin, limits of programs that end soon if they do: at the usual ones each would take as long as a hundred
others. A loop with a slip may end after many rounds, so those have more."""
FALSE_ALARMS = 0.3
"""Share of fix records whose program is right: most programs a good solver writes are, and some are doubted."""


@dataclass(frozen=True, slots=True)
class Record:
    """One training example."""

    task: str
    prompt: str
    completion: str
    program: str
    """The program that is run or that is the answer: what decontamination looks at, with the statement."""
    statement: str = ""


class Dropped(Exception):
    """This draw gives no record; the text is the reason that is counted."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program with one input, and where it came from."""

    code: str
    io: str
    entry_point: str | None
    given: str
    origin: str


def layout(code: str) -> str:
    """The one layout all programs have."""
    return ast.unparse(ast.parse(code))


def run(
    code: str, io: str, entry_point: str | None, given: str, workings: str = "plain", limits: TraceLimits = LIMITS
) -> Trace:
    """Trace, with rejection turned into a counted reason."""
    try:
        return trace(code, io, entry_point, given, limits, workings=workings)
    except TraceRejected as error:
        raise Dropped(str(error)) from None


def ran(program: Program, workings: str = "plain") -> Trace:
    """The run of a drawn program on its input."""
    limits = SOON.get(program.origin, LIMITS)
    return run(program.code, program.io, program.entry_point, program.given, workings, limits)


def prediction(run: Trace) -> Prediction:
    """What really happened, in the form of a prediction."""
    return Prediction(output=run.output, raises=run.raised, finishes=not run.endless)


def outcome(run: Trace, io: str) -> str:
    """The end of a true predict completion."""
    tag = "" if run.raised or run.endless else tagged.PRINTED if io == "stdio" else tagged.OUTPUT
    return tag + tagged.outcome(prediction(run), io)  # type: ignore[arg-type]


def draw_program(config: DatasetConfig, rng: Random, held_out: bool = False) -> Program:
    """A program and an input. Composed ones follow a skeleton from the training side, or from the held-out side."""
    if not held_out and rng.random() < config.drills:
        if rng.random() < PROBES[config.frequencies]:
            source = PROBE[config.frequencies](rng)
            return Program(layout(source.code), source.io, source.entry_point, source.inputs[0], source.origin)
        drawn = functions.drill(rng)
        return Program(layout(drawn.code), drawn.io, drawn.entry_point, functions.arguments(drawn, rng), "drill")
    if config.broad and not held_out and rng.random() < config.broad:
        source = BROAD[config.frequencies](rng)
        return Program(layout(source.code), source.io, source.entry_point, source.inputs[0], source.origin)
    if rng.random() < config.composed:
        stated = draw_stated(rng, held_out, most=config.operations)
        wrong = rng.random() < config.wrong
        steps = problems.near_miss(stated.steps, rng) if wrong else stated.steps
        try:
            code = layout(problems.program(stated, rng, steps))
        except SyntaxError:
            raise Dropped("near miss without a program") from None
        return Program(
            code, stated.io, stated.entry_point, problems.arguments(stated, rng), "wrong" if wrong else "right"
        )
    drawn = functions.draw(rng)
    return Program(layout(drawn.code), drawn.io, drawn.entry_point, functions.arguments(drawn, rng), "random")


def draw_stated(rng: Random, held_out: bool = False, wording: str = "plain", most: int = 3) -> Stated:
    """A stated problem of up to `most` operations, of the wanted side of the skeleton split, plain or rich in words."""
    while chain.held_out(steps := chain.draw(rng, most=most)) != held_out:
        pass
    return frames.state_in(wording, steps, rng)


def predict(config: DatasetConfig, rng: Random) -> Record:
    """A predict record."""
    program = draw_program(config, rng)
    seen = ran(program, config.workings)
    if seen.raised and program.origin == "random" and rng.random() < 0.3:
        raise Dropped("thinned exceptions")
    prompt = tagged.predict(program.code, program.given, program.io).text or ""  # type: ignore[arg-type]
    narrative = narrate(program.code, seen)
    if len(narrative) > LONGER[config.frequencies] * LONG[config.workings] and rng.random() < 0.6:
        raise Dropped("thinned long runs")
    if config.told != "compact":
        narrative = _in_prose(program, seen) if config.told == "prose" else ""
    completion = narrative + outcome(seen, program.io) + tagged.END
    return Record("predict", prompt, completion, program.code)


def told(program: Program, seen: Trace) -> str:
    """The compact narrative of a run and its outcome: a predict completion."""
    return narrate(program.code, seen) + outcome(seen, program.io) + tagged.END


def _in_prose(program: Program, seen: Trace) -> str:
    """The steps of a run in words, up to the outcome block, whose place the tagged outcome takes."""
    return prose.narrate(program.code, seen, program.io).removesuffix(prose.outcome(seen)).strip("\n")


def problem(stated: Stated, tests: tuple[IOTest, ...] = ()) -> Problem:
    """The problem as a user would pose it."""
    return Problem(stated.statement, stated.io, stated.entry_point, tests, stated.starter or None)  # type: ignore[arg-type]


def solve(config: DatasetConfig, rng: Random) -> Record:
    """A solve record."""
    stated = draw_stated(rng, wording=config.wording, most=config.operations)
    code = layout(problems.program(stated, rng))
    return Record("solve", tagged.solve(problem(stated)).text or "", code + tagged.END, code, stated.statement)


def fix(config: DatasetConfig, rng: Random) -> Record:
    """A fix record: a program that fails some test, with the evidence, and the program that passes.

    Some are false alarms: the program is right, and the outcomes shown for it are those of a wrong one, as a slip of
    the simulation would have them; the answer is the program as it is.
    """
    stated = draw_stated(rng, wording=config.wording, most=config.operations)
    style = rng.getrandbits(32)
    right = layout(problems.program(stated, Random(style)))
    try:
        wrong = layout(problems.program(stated, Random(style), problems.near_miss(stated.steps, rng)))
    except SyntaxError:
        raise Dropped("near miss without a program") from None
    shown = right if rng.random() < FALSE_ALARMS else wrong
    evidence = []
    for _ in range(6):
        given = problems.arguments(stated, rng)
        want = run(right, stated.io, stated.entry_point, given)
        got = run(wrong, stated.io, stated.entry_point, given)
        if want.output is not None and outcome(want, stated.io) != outcome(got, stated.io):
            evidence.append((IOTest(given, want.output), prediction(got)))
    if not evidence:
        raise Dropped("no test tells the programs apart")
    prompt = tagged.fix(problem(stated), Candidate("c", shown), evidence[: rng.randint(1, SHOWN_TESTS)]).text or ""
    return Record("fix", prompt, right + tagged.END, right, stated.statement)


def draw(config: DatasetConfig, rng: Random) -> Record:
    """One record of a task drawn by the configured shares. Raises `Dropped`."""
    share = rng.random()
    task = predict if share < config.predict else solve if share < config.predict + config.solve else fix
    return task(config, rng)
