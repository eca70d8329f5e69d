"""What is measured on programs of others: every run against what execution says, and numbers that come out again."""

from __future__ import annotations

from random import Random

import pytest

from models.eval import others
from models.eval.benchmarks import Task
from models.eval.others import Ran
from models.sandbox import Sandbox
from tests.fakes import ScriptedCompleter
from workers.pipeline.config import PipelineConfig
from workers.pipeline.model import Model
from workers.pipeline.prompts import tagged
from workers.pipeline.types import IOTest, Problem, Verdict

CODE = "def f(x):\n    return abs(x)"
TESTS = tuple(IOTest(str(n), str(abs(n))) for n in (1, -3))
TASK = Task(Problem("", "function", "f", id="a"), TESTS, CODE)


async def measured(answer: str, task: Task = TASK) -> list[Ran]:
    """Of a model that always ends so, and of programs that are `CODE` and a slip of it."""
    model = Model(ScriptedCompleter({tagged.TRACE: answer}), "tagged", 512)
    with Sandbox() as sandbox:
        one, three = await others.measure([task], model, PipelineConfig(), sandbox, [1, 3])
    assert [run.right for run in three] == [run.right for run in one]
    return one


@pytest.mark.anyio
async def test_every_run_is_told_apart_by_execution() -> None:
    runs = await measured(f"return  # 3{tagged.OUTPUT}3{tagged.END}")
    right, wrong = runs[:2], runs[2:]
    assert [run.passes for run in right] == [True, True]
    assert not all(run.passes for run in wrong)
    said = {run.said for run in right}
    assert said == {Verdict.PASS, Verdict.FAIL}  # abs(-3) is 3, abs(1) is not
    assert [run.right for run in right] == [run.said is Verdict.PASS for run in right]
    assert all(0 < run.raw <= 1 for run in runs)


@pytest.mark.anyio
async def test_a_run_that_cannot_be_read_is_left_out() -> None:
    assert await measured("I do not know") == []


@pytest.mark.anyio
async def test_a_reference_without_a_slip_is_left_out() -> None:
    assert await measured(f"{tagged.OUTPUT}3{tagged.END}", Task(TASK.problem, TESTS, "def f(x):\n    return x")) == []


def test_what_the_runs_were_made_with_comes_out_again() -> None:
    rng, runs = Random(0), []
    for _ in range(6000):
        raw, passes = rng.random(), rng.random() < 0.5
        right = rng.random() < raw / 2
        said = passes if right else not passes and rng.random() < 0.2
        runs.append(Ran(raw, right, Verdict.PASS if said else Verdict.FAIL, passes))
    fitted = others.fit(runs, 1)
    assert fitted.slip == pytest.approx(0.2, abs=0.03)
    for entry in fitted.calibration:
        assert entry.accuracy == pytest.approx((entry.low + entry.high) / 4, abs=0.06)


def test_few_runs_give_a_slip_that_can_be_used() -> None:
    assert 0 < others.fit([Ran(0.5, True, Verdict.PASS, True)], 1).slip < 1
