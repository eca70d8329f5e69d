"""The compact narrative: golden text, and that whatever it claims was observed."""

from __future__ import annotations

from random import Random

import pytest

from models.config import DatasetConfig
from models.dataset import records
from models.narrative.compact import ENDLESS_STEPS, narrate
from models.trace import workings
from models.trace.tracer import trace
from models.trace.types import TraceLimits
from workers.pipeline import parse
from workers.pipeline.types import Completion, FinishReason, Prediction

RECORDS = 300


def told(code: str, given: str, io: str = "function") -> str:
    return narrate(code, trace(code, io, "f" if io == "function" else None, given))


def test_the_example_of_the_module() -> None:
    loop = "    for x in nums:\n        if x > k:\n            total += x\n"
    code = f"def f(nums, k):\n    total = 0\n{loop}    return total"
    assert told(code, "[3, 1], 2") == (
        "def f(nums, k):  # nums = [3, 1], k = 2\n"
        "total = 0  # total = 0\n"
        "for x in nums:  # x = 3\n"
        "if x > k:  # 3 > 2, True\n"
        "total += x  # 0 + 3, total = 3\n"
        "for x in nums:  # x = 1\n"
        "if x > k:  # 1 > 2, False\n"
        "for x in nums:  # end\n"
        "return total  # 3"
    )


def test_heads_of_loops_say_what_comes_where_workings_are_stepped() -> None:
    code = "def f(a):\n    for i in range(len(a)):\n        x = a[i]\n    return x"
    run = trace(code, "function", "f", "'heron'", workings="stepped")
    assert narrate(code, run).split("\n")[1:6] == [
        "for i in range(len(a)):  # len: 'heron'5 = 5, i = 0 to 4", "x = a[i]  # [0], x = 'h'",
        "for i in range(len(a)):  # i = 1 to 4", "x = a[i]  # [1]: 0:'h' 1:'e', x = 'e'",
        "for i in range(len(a)):  # i = 2 to 4",
    ]  # fmt: skip


def test_calls_exceptions_prints_and_sums() -> None:
    code = "def g(x):\n    return [1][x]\n\ndef f(nums):\n    print(sum(nums))\n    return g(len(nums))"
    assert told(code, "[4, 5, 6]") == (
        "def f(nums):  # nums = [4, 5, 6]\n"
        "print(sum(nums))  # sums 4 9 15, prints '15\\n'\n"
        "return g(len(nums))  # len 3, call\n"
        "def g(x):  # x = 3\n"
        "return [1][x]  # [3], raises IndexError\n"
        "return g(len(nums))  # raises IndexError"
    )


def test_a_stdin_program_with_a_try_and_jumps() -> None:
    code = (
        "try:\n    n = int(input())\nexcept ValueError:\n    n = 0\n"
        "while True:\n    n += 1\n    if n < 2:\n        continue\n    break\nprint(n)"
    )
    assert told(code, "x\n", "stdio") == (
        "try:\nn = int(input())  # raises ValueError\nexcept ValueError:\nn = 0  # n = 0\n"
        "while True:  # True\nn += 1  # 0 + 1, n = 1\nif n < 2:  # 1 < 2, True\ncontinue\n"
        "while True:  # True\nn += 1  # 1 + 1, n = 2\nif n < 2:  # 2 < 2, False\nbreak\nprint(n)  # prints '2\\n'"
    )


def test_only_the_start_of_an_endless_run_is_told() -> None:
    text = told("def f(n):\n    while n > 0:\n        n += 1\n    return n", "1")
    assert len(text.split("\n")) == ENDLESS_STEPS
    assert text.startswith("def f(n):  # n = 1\nwhile n > 0:  # 1 > 0, True\nn += 1  # 1 + 1, n = 2\n")


def programs(count: int) -> list[records.Program]:
    rng, out = Random("narrative"), list[records.Program]()
    while len(out) < count:
        try:
            program = records.draw_program(DatasetConfig(), rng)
            records.run(program.code, program.io, program.entry_point, program.given)
        except records.Dropped:
            continue
        out.append(program)
    return out


def test_the_serving_parser_reads_the_true_outcome_from_every_completion() -> None:
    for program in programs(RECORDS):
        run = records.run(program.code, program.io, program.entry_point, program.given)
        text = narrate(program.code, run) + records.outcome(run, program.io)
        read = parse.prediction(Completion(text, FinishReason.STOP), "tagged")
        true = records.prediction(run)
        assert (read.output, read.raises, read.finishes) == (true.output, true.raises, _finishes(true)), text


def _finishes(true: Prediction) -> bool:
    return true.finishes is not False


def test_every_claimed_value_was_observed() -> None:
    claims = 0
    for program in programs(RECORDS):
        run = records.run(program.code, program.io, program.entry_point, program.given)
        lines = narrate(program.code, run).split("\n")
        steps = run.steps[:ENDLESS_STEPS] if run.endless else run.steps
        assert len(lines) == len(steps)
        source = program.code.split("\n")
        for line, step in zip(lines, steps, strict=True):
            text, _, note = line.partition("  # ")
            assert text == source[step.line - 1].strip()
            true = list(workings.kept(step.told))
            if note.endswith(("end", "call", "raises")) or step.raised:
                assert note.startswith(", ".join(true))
                continue
            observed = [f"{name} = {value}" for name, value in step.changes.items()]
            observed += [f"prints {step.printed!r}"] if step.printed else []
            observed += [step.value] if step.value is not None else []
            forms = [", ".join([*true, *branch, *observed]) for branch in ([], ["True"], ["False"])]
            assert note in forms
            claims += len(true) + len(observed)
    assert claims > RECORDS


@pytest.mark.parametrize("more", range(4))
def test_an_endless_run_is_cut_at_a_branch_that_is_told_as_it_went(more: int) -> None:
    """Whatever line the cut falls on: no condition of this run is ever false."""
    body = "".join(f"        x = {n}\n" for n in range(more))
    code = f"def f(n):\n    x = 0\n    while n > 0:\n{body}        if n > 0:\n            n += 1\n    return n"
    run = trace(code, "function", "f", "3", TraceLimits(seconds=20.0))
    text = narrate(code, run)
    assert run.endless and len(text.split("\n")) == ENDLESS_STEPS
    assert "False" not in text
