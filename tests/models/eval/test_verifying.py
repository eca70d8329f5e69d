"""Pairs are judged on tests that tell them apart, found by really running both programs."""

from __future__ import annotations

from collections import Counter

import pytest

from models.eval import verifying
from models.eval.benchmarks import Pair, Task
from models.sandbox import Sandbox
from tests.fakes import ScriptedCompleter
from workers.pipeline.config import PipelineConfig
from workers.pipeline.model import Model
from workers.pipeline.prompts import tagged
from workers.pipeline.types import IOTest, Problem

RIGHT, WRONG = "def f(x):\n    return abs(x)", "def f(x):\n    return x"
TESTS = tuple(IOTest(str(n), str(abs(n))) for n in (1, 2, -3, 4))
PAIR = Pair("p", "the absolute value", "function", "f", RIGHT, WRONG, TESTS)


def test_the_tests_shown_hold_one_that_the_wrong_program_fails() -> None:
    left_out = Counter[str]()
    same = Pair("q", "", "function", "f", RIGHT, "def f(x):\n    return abs(x) + 0", TESTS)
    with Sandbox() as sandbox:
        (case,) = verifying.cases([PAIR, same], sandbox, left_out)
    assert [t.input for t in case.shown] == ["-3", "1", "2"]
    assert left_out == {"no test tells the programs apart": 1}


def test_a_mutant_fails_a_test_that_its_original_passes() -> None:
    left_out = Counter[str]()
    tasks = [Task(Problem("s", "function", "f", TESTS, id="a"), (), RIGHT), Task(Problem("s", id="b"), (), "")]
    with Sandbox() as sandbox:
        (case,) = verifying.mutated(tasks, sandbox, left_out, 0)
        again = verifying.mutated(tasks, sandbox, Counter(), 0)
        right, wrong = (
            sandbox.run_tests(code, case.shown, "function", "f") for code in (case.pair.right, case.pair.wrong)
        )
    assert all(r.status == "success" for r in right)
    assert any(r.status != "success" for r in wrong)
    assert left_out == {"no mutant that a test tells apart": 1}
    assert again == [case]


@pytest.mark.anyio
async def test_a_simulator_that_is_always_right_judges_every_pair_rightly() -> None:
    def out(value: int) -> str:
        return f"return  # {value}{tagged.OUTPUT}{value}{tagged.END}"

    answers = {
        f"{code.rsplit(' ', 1)[1]}{tagged.INPUT}{test.input}{tagged.TRACE}": out(value)
        for code, value_of in ((RIGHT, abs), (WRONG, int))
        for test in TESTS
        for value in [value_of(int(test.input))]
    }
    model = Model(ScriptedCompleter(answers), "tagged", 512)
    with Sandbox() as sandbox:
        found = verifying.cases([PAIR], sandbox, Counter())
    result = await verifying.evaluate(found, model, PipelineConfig())
    assert result["balanced accuracy"].mean == 1.0
    told = len(next(iter(answers.values())))
    assert result["cost"].pop("wall-clock seconds per problem") > 0
    assert result["cost"]["prompt tokens per problem"] == 60  # two programs on three tests, ten each
    assert result["cost"]["completion tokens per problem"] == pytest.approx(6 * told, rel=0.1)
    assert result["confusion"]["right, accepted"] == result["confusion"]["wrong, refused"] == 1
    assert (result["pairs"], result["not to be called"]) == (1, 0)
