"""The summary of a hand-made evaluation: every figure worked out on paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from models.dataset import freeze
from models.eval import solving
from models.eval.solving import Graded, Run, Task
from models.sandbox import ExecResult, ExecStatus, Sandbox, SandboxUnavailable
from workers.pipeline.types import (
    Candidate,
    IOTest,
    Prediction,
    Problem,
    Ranking,
    Simulation,
    SolveResult,
    StopReason,
    Verdict,
)

TASK = Task(Problem("p", "function", "f", (IOTest("1", "1"), IOTest("2", "2"))), (IOTest("3", "3"),))


def result(candidates: tuple[Candidate, ...], verdicts: Mapping[str, tuple[str, str]], best: str | None) -> SolveResult:
    simulations = tuple(
        Simulation(c, t, Prediction(), Verdict(verdict))
        for c, both in verdicts.items()
        for t, verdict in enumerate(both)
    )
    order = tuple(c.id for c in candidates)
    return SolveResult(best, Ranking(order, {}, {}), candidates, (), simulations, 1, StopReason.ROUND_LIMIT)


SAMPLES = (Candidate("c0", "a", duplicates=1), Candidate("c1", "b"))
REPAIR = Candidate("c2", "c", parent="c1", round=1)

FIXED = Graded(
    # c1 ranks first by simulation and is wrong; the repair c2 is right. Of four samples one was unreadable.
    result((*SAMPLES, REPAIR), {"c0": ("fail", "fail"), "c1": ("pass", "pass"), "c2": ("pass", "abstain")}, "c2"),
    greedy=False,
    loop=(False, True),
    hidden={"c0": True, "c1": False, "c2": True},
    public={"c0": 1.0, "c1": 0.5, "c2": 1.0},
    truth={("c0", 0): True, ("c0", 1): True, ("c1", 0): True, ("c1", 1): False, ("c2", 0): True, ("c2", 1): True},
)
BROKEN = Graded(
    # c1 ranks first and is right; the final choice is a wrong repair
    result((*SAMPLES, REPAIR), {"c0": ("fail", "fail"), "c1": ("pass", "fail"), "c2": ("pass", "pass")}, "c2"),
    greedy=True,
    loop=(True, False),
    hidden={"c0": False, "c1": True, "c2": False},
    public={"c0": 0.0, "c1": 1.0, "c2": 0.5},
    truth={("c0", 0): False, ("c0", 1): False, ("c1", 0): True, ("c1", 1): True, ("c2", 0): True, ("c2", 1): False},
)
NOTHING = Graded(result((), {}, None), False, (False, False), {}, {}, {})


def test_every_figure_of_a_hand_made_set() -> None:
    summary = solving.summarize([TASK, TASK, TASK], [FIXED, BROKEN, NOTHING], candidates=4)
    means = {name: value.mean for name, value in summary.items() if hasattr(value, "mean")}
    assert means == {
        "pass@1 sampled": pytest.approx((2 / 4 + 1 / 4 + 0) / 3),
        "pass@1 greedy": pytest.approx(1 / 3),
        "random readable candidate": pytest.approx((2 / 3 + 1 / 3 + 0) / 3),
        "majority": pytest.approx(1 / 3),
        "best@N by simulation": pytest.approx(1 / 3),
        "best@N by execution (oracle)": pytest.approx(2 / 3),
        "pass@N (any candidate)": pytest.approx(2 / 3),
        "after repair": pytest.approx(1 / 3),
    }
    assert (summary["fixed by repair"], summary["broken by repair"]) == (1, 1)
    assert summary["loop from one sample"] == {"fail, fail": 1, "fixed": 1, "broken": 1, "pass, pass": 0}
    assert summary["best@N by simulation minus"]["pass@1 sampled"].mean == pytest.approx(1 / 3 - 1 / 4)
    assert summary["verdicts"] == {
        "true pass, said pass": 4,  # c1/0 and c2/0, twice
        "true pass, said fail": 3,
        "true fail, said fail": 2,
        "true fail, said pass": 2,
        "abstained": 1,
    }
    assert summary["by io"]["function"]["after repair"] == pytest.approx(1 / 3)
    assert set(summary["by io"]["stdio"].values()) == {0.0}


def test_repairs_have_no_say_in_the_first_choice() -> None:
    assert solving.first_choice(TASK.problem, FIXED.result) == "c1"
    assert solving.first_choice(TASK.problem, NOTHING.result) is None


def test_grading_runs_every_candidate_on_public_and_hidden_tests() -> None:
    right, public_only = Candidate("c0", "def f(x):\n    return x"), Candidate("c1", "def f(x):\n    return min(x, 2)")
    greedy = Candidate("g", "def f(x):\n    return 1")
    nothing = result((), {}, None)
    loop = result((greedy, Candidate("c1", right.code, parent="g", round=1)), {}, "c1")
    runs = [Run(result((right, public_only), {}, "c0"), greedy, loop), Run(nothing, None, nothing)]
    with Sandbox() as sandbox:
        first, second = solving.grade([TASK, TASK], runs, sandbox)
    assert first.hidden == {"c0": True, "c1": False}
    assert first.public == {"c0": 1.0, "c1": 1.0}
    assert (first.greedy, first.loop, second.loop) == (False, (False, True), (False, False))
    assert all(first.truth.values()) and set(first.truth) == {(c, t) for c in ("c0", "c1") for t in (0, 1)}
    assert (second.greedy, second.hidden) == (False, {})


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
    runs = [Run(result((right,), {}, "c0"), None, result((), {}, None))]
    with FailingSandbox(1) as sandbox:
        assert solving.grade([TASK], runs, sandbox)[0].hidden == {"c0": True}
    with FailingSandbox(2) as sandbox, pytest.raises(SandboxUnavailable, match="lost"):
        solving.grade([TASK], runs, sandbox)


def test_hidden_tests_and_solutions_stay_out_of_the_problem() -> None:
    for task, row in zip(solving.tasks(freeze.load("solve")), freeze.load("solve"), strict=True):
        assert len(task.problem.public_tests) == 3
        assert len(task.hidden) == 8
        assert row["reference_solution"] not in repr(task.problem)
