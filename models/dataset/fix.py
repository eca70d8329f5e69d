"""Fix rows: a statement, a program and outcomes on tests, answered by the program that passes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random

from models.config import DataConfig
from models.dataset.draft import Draft
from models.dataset.example import Example, answer
from models.dataset.records import SHOWN_TESTS, Dropped, prediction
from models.dataset.runs import run
from models.dataset.testcases import Suite, gives, suite
from workers.pipeline import compare
from workers.pipeline.prompts import prompts
from workers.pipeline.types import Candidate, IOTest, Prediction


def fix(draft: Draft, config: DataConfig, rng: Random) -> list[Example]:
    """The one example of a draft. Raises `Dropped`."""
    posed, right = draft.posed, draft.source.code
    assert posed is not None
    tests = suite(draft.source, posed)
    evidence = list(islice(_evidence(draft, tests), rng.randint(1, SHOWN_TESTS)))
    if not evidence:
        raise Dropped("no test tells the programs apart")
    shown = Candidate("c", right if draft.alarm else draft.wrong)
    prompt = prompts(config.style).fix(posed.problem, shown, evidence)  # type: ignore[arg-type]
    verdict = _verdict(evidence[0], draft.alarm, draft.source.io, config)
    return [Example(prompt, verdict + answer(right, config), right, {
        "correct": draft.alarm, "tests": tests.column([test.input for test, _ in evidence]), "right_program": right,
        "wrong_program": draft.wrong, "slip": draft.slip, "failing_input": evidence[0][0].input,
    })]  # fmt: skip


def _evidence(draft: Draft, tests: Suite) -> Iterator[tuple[IOTest, Prediction]]:
    """Tests that the wrong program fails, with what it does: public ones first, those alone are known when serving."""
    for test in tests.all():
        got = run(draft.source, draft.wrong, test.input)
        if got.output is None or not compare.matches(got.output, test.output or "", draft.source.io):
            yield test, prediction(got)


def _verdict(shown: tuple[IOTest, Prediction], alarm: bool, io: str, config: DataConfig) -> str:
    """The verdict that the chat prompt asks for, on one line; the tagged style has none."""
    if config.style == "tagged":
        return ""
    if alarm:
        return "CORRECT: the outcomes worked out by hand are wrong, the program is right.\n\n"
    want, does = gives(*shown, io)
    return f"INCORRECT: test 1 expects {want}, the program {does}.\n\n"
