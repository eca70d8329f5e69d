"""What execution says of a program, in the words of the pipeline; and what the sandbox loses is said to be unknown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models.sandbox import ExecResult, ExecStatus, Limits, Sandbox
from models.sandbox.grading import SandboxGrader
from workers.pipeline.types import IOTest, Prediction, Problem

DOUBLE = Problem("Double n.", "function", "f", (IOTest("1", "2"), IOTest("3", "6")))
RIGHT = "def f(n):\n    return n * 2"


@pytest.fixture(scope="module")
def grader() -> Iterator[SandboxGrader]:
    with Sandbox() as sandbox:
        yield SandboxGrader(sandbox, Limits(seconds=0.7))


def test_what_is_observed_has_the_form_of_a_prediction(grader: SandboxGrader) -> None:
    loops = "def f(n):\n    while n == 3:\n        pass\n    return n * 2"
    seen = grader.observe(DOUBLE, loops, DOUBLE.public_tests)
    assert seen == [Prediction(output="2", finishes=True), Prediction(finishes=False)]
    (raised,) = grader.observe(DOUBLE, "def f(n):\n    return {}[n]", [IOTest("1")])
    assert raised == Prediction(raises="KeyError", finishes=True)
    (unread,) = grader.observe(DOUBLE, "def f(n:", [IOTest("1")])
    assert unread == Prediction(raises="SyntaxError", finishes=True)
    echo = Problem("Print the line.", "stdio")
    assert grader.observe(echo, "print(input())", [IOTest("a\n")])[0].output == "a\n"


def test_a_program_passes_if_it_passes_every_test(grader: SandboxGrader) -> None:
    assert grader.passes(DOUBLE, RIGHT, DOUBLE.public_tests) is True
    assert grader.passes(DOUBLE, "def f(n):\n    return 2", DOUBLE.public_tests) is False
    assert grader.passes(DOUBLE, RIGHT, []) is False


def test_what_the_sandbox_loses_is_tried_again_and_then_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def lost(self: Sandbox, code: str, *_: object) -> list[ExecResult]:
        asked.append(code)
        return [ExecResult(ExecStatus.INFRASTRUCTURE, kind="gone")]

    monkeypatch.setattr(Sandbox, "run_tests", lost)
    with Sandbox() as broken:
        grader = SandboxGrader(broken)
        assert grader.passes(DOUBLE, RIGHT, DOUBLE.public_tests) is None
        assert asked == [RIGHT, RIGHT]
        assert grader.observe(DOUBLE, RIGHT, DOUBLE.public_tests[:1])[0].finishes is None
