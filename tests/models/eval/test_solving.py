"""Grading: every candidate is run for real, and what the sandbox loses is never laid at a program's door."""

from __future__ import annotations

from typing import Any

import pytest

from models.eval import solving
from models.eval.benchmarks import Task
from models.eval.solving import NOTHING, Run
from models.sandbox import ExecResult, ExecStatus, Sandbox, SandboxUnavailable
from tests.fakes import ScriptedCompleter
from tests.models.eval.handmade import TASK, result
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import ContextLengthError
from workers.pipeline.model import Model
from workers.pipeline.types import Candidate, IOTest, Problem


def test_grading_runs_every_candidate_on_public_and_hidden_tests() -> None:
    right, public_only = Candidate("c0", "def f(x):\n    return x"), Candidate("c1", "def f(x):\n    return min(x, 2)")
    greedy = Candidate("g", "def f(x):\n    return 1")
    loop = result((greedy, Candidate("c1", right.code, parent="g", round=1)), {}, "c1")
    oracle = result((right, Candidate("c1", greedy.code, round=1)), {}, "c1")
    runs = [Run(result((right, public_only), {}, "c0"), greedy, loop), Run(NOTHING, None, NOTHING)]
    with Sandbox() as sandbox:
        first, second = solving.grade([TASK, TASK], runs, sandbox, [oracle, NOTHING])
    assert first.hidden == {"c0": True, "c1": False}
    assert first.public == {"c0": 1.0, "c1": 1.0}
    assert (first.greedy, first.loop, second.loop) == (False, (False, True), (False, False))
    assert (first.oracle, second.oracle) == ((True, False), (False, False))
    assert all(first.truth.values()) and set(first.truth) == {(c, t) for c in ("c0", "c1") for t in (0, 1)}
    assert (second.greedy, second.hidden) == (False, {})


@pytest.mark.parametrize("folds", [True, False])
def test_letters_case_counts_unless_the_benchmark_says_that_it_does_not(folds: bool) -> None:
    tests = (IOTest("", "YES 0.5\n", 1e-6), IOTest("", "no\n"))
    task = Task(Problem("p", "stdio", None, tests[:1], checker="tokens"), tests[1:], folds=folds)
    loud, other = Candidate("c0", "print('Yes', 0.50)"), Candidate("c1", "print('NO')")
    with Sandbox() as sandbox:
        (graded,) = solving.grade([task], [Run(result((loud, other), {}, "c0"), None, NOTHING)], sandbox)
    assert graded.truth == {("c0", 0): folds, ("c1", 0): False}
    assert graded.hidden == {"c0": False, "c1": folds}


class FailingSandbox(Sandbox):
    """Loses the first `failures` runs."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    def run_tests(self, *arguments: Any, **named: Any) -> list[ExecResult]:
        results = super().run_tests(*arguments, **named)
        self.failures -= 1
        return [ExecResult(ExecStatus.INFRASTRUCTURE, kind="lost")] * len(results) if self.failures >= 0 else results


def test_a_failing_sandbox_is_never_taken_for_a_failing_program() -> None:
    right = Candidate("c0", "def f(x):\n    return x")
    runs = [Run(result((right,), {}, "c0"), None, NOTHING)]
    with FailingSandbox(1) as sandbox:
        assert solving.grade([TASK], runs, sandbox)[0].hidden == {"c0": True}
    with FailingSandbox(2) as sandbox, pytest.raises(SandboxUnavailable, match="lost"):
        solving.grade([TASK], runs, sandbox)


@pytest.mark.anyio
async def test_a_statement_over_the_context_is_a_wrong_answer() -> None:
    model = Model(ScriptedCompleter({"p": ContextLengthError("too long")}), "tagged", 512)
    with Sandbox() as sandbox:
        (made,) = await solving.run([TASK], model, PipelineConfig(candidates=2))
        oracles = await solving.oracles([TASK], model, PipelineConfig(candidates=2), sandbox)
        assert (made.result.best, made.greedy, made.loop.best, oracles[0].best) == (None, None, None, None)
        (graded,) = solving.grade([TASK], [made], sandbox, oracles)
    assert (graded.greedy, graded.loop, graded.hidden) == (False, (False, False), {})
