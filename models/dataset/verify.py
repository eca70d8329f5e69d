"""Verify rows: a statement, a program and one test, answered by whether the program passes it. Always two at once.

One of the two passes and the other fails, so that a data set has as many of either, in every split. About half of the
pairs show a wrong program twice, on a test that it passes and on one that it fails: there the program alone does not
tell the verdict. The others show one test twice, with the right program and with the wrong one: there the test alone
does not. Both tests of a pair are edge cases, or neither is, so that this says nothing either.
"""

from __future__ import annotations

from random import Random

from models.config import DataConfig
from models.dataset import narratives
from models.dataset.draft import Draft
from models.dataset.example import Example
from models.dataset.predict import steps
from models.dataset.records import Dropped, prediction
from models.dataset.runs import run
from models.dataset.testcases import Suite, gives, suite
from models.trace.types import Trace
from workers.pipeline import compare, parse
from workers.pipeline.prompts import prompts, tagged
from workers.pipeline.types import Completion, FinishReason, IOTest, Verdict

SAME_PROGRAM = 0.65
"""Share of the pairs about one program where its tests allow it, as those of three in four do: half of all pairs."""

Shown = tuple[str, IOTest]
"""A program and the test it is judged on."""


def verify(draft: Draft, config: DataConfig, rng: Random) -> list[Example]:
    """Both examples of a draft, in a drawn order. Raises `Dropped`."""
    assert draft.posed is not None
    tests = suite(draft.source, draft.posed)
    passed, failed = list[IOTest](), list[IOTest]()
    for test in tests.all():
        (passed if passes(draft, run(draft.source, draft.wrong, test.input), test) else failed).append(test)
    if not failed:
        raise Dropped("no test tells the programs apart")
    shown = _pair(draft, tests, passed, failed, rng)
    return [_example(draft, code, test, (tests, failed[0].input), config, rng) for code, test in shown]


def _pair(draft: Draft, tests: Suite, passed: list[IOTest], failed: list[IOTest], rng: Random) -> list[Shown]:
    """What passes and what fails, in a drawn order; `passed` and `failed` are tests by what the wrong program does."""
    alike = [(fail, ok) for fail in failed for ok in passed if tests.edge(fail) == tests.edge(ok)]
    if alike and rng.random() < SAME_PROGRAM:
        shown = [(draft.wrong, test) for test in rng.choice(alike)]
    else:
        fail = rng.choice(failed)
        shown = [(draft.wrong, fail), (draft.source.code, fail)]
    rng.shuffle(shown)
    return shown


def passes(draft: Draft, seen: Trace, test: IOTest) -> bool:
    """Whether a run gave what the test expects; one that raised or does not end gave nothing."""
    return seen.output is not None and compare.matches(seen.output, test.output or "", draft.source.io)


def _example(
    draft: Draft, code: str, test: IOTest, told: tuple[Suite, str], config: DataConfig, rng: Random
) -> Example:
    """One program on one test; `told` are all tests, and an input on which the wrong program fails."""
    (tests, failing), source = told, draft.source
    assert draft.posed is not None
    seen = run(source, code, test.input, config.workings)
    truth = Verdict.PASS if passes(draft, seen, test) else Verdict.FAIL
    prompt = prompts(config.style).verify(draft.posed.problem, code, test)  # type: ignore[arg-type]
    completion = _answer(code, seen, test, truth, source.io, config, rng)
    read = parse.verdict(Completion(completion, FinishReason.STOP), config.style)  # type: ignore[arg-type]
    if read is not truth:
        raise Dropped("verdict is not read back")
    facts = {
        "narrative": narratives.style(config) if config.style == "chat" else None, "input": test.input,
        "output": seen.output, "raises": seen.raised, "finishes": not seen.endless, "steps": len(seen.steps),
        "tests": tests.column([test.input]), "correct": code != draft.wrong,
    }  # fmt: skip
    if code == draft.wrong:
        facts |= {
            "right_program": source.code, "wrong_program": code, "slip": draft.slip, "failing_input": failing
        }  # fmt: skip
    return Example(prompt, completion, code, facts)


def _answer(code: str, seen: Trace, test: IOTest, truth: Verdict, io: str, config: DataConfig, rng: Random) -> str:
    """The verdict; in the chat style, whose prompt asks for it, after the run and what came of it."""
    if config.style == "tagged":
        return f"{truth is Verdict.PASS}{tagged.END}"
    want, does = gives(test, prediction(seen), io)
    told = f"and the program {does}" if truth is Verdict.PASS else f"but the program {does}"
    return (
        f"{steps(code, io, seen, config, rng)}\n\nTest 1 expects {want}, {told}.\n\n"
        f"[VERDICT]\n{truth.upper()}\n[/VERDICT]"
    )
