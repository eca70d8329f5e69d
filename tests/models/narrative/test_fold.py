"""Folded loops: short enough, true, and with everything in them that the rest of the run needs."""

from __future__ import annotations

from random import Random

import pytest

from models.narrative.compact import narrate
from models.narrative.fold import Fold, fold
from models.programs import broad
from models.trace.tracer import trace
from models.trace.types import TraceRejected

COLLATZ = """def f(n):
    while n > 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        print(n)
    return n"""
FOLDED = r"""def f(n):  # n = 12
while n > 1:  # 12 > 1, True
if n % 2 == 0:  # 12 % 2 = 0, 0 == 0, True
n = n // 2  # 12 // 2, n = 6
print(n)  # prints '6\n'
while n > 1:  # 6 > 1, True
if n % 2 == 0:  # 6 % 2 = 0, 0 == 0, True
n = n // 2  # 6 // 2, n = 3
print(n)  # prints '3\n'
while n > 1:  # 6 more rounds: n = 2, prints '10\n5\n16\n8\n4\n2\n'
while n > 1:  # 2 > 1, True
if n % 2 == 0:  # 2 % 2 = 0, 0 == 0, True
n = n // 2  # 2 // 2, n = 1
print(n)  # prints '1\n'
while n > 1:  # 1 > 1, False
return n  # 1"""
NESTED = """def f(rows, k):
    total = 0
    for row in rows:
        for j in range(k):
            total += row * j
    return total"""


def test_the_fold_of_a_known_loop() -> None:
    assert narrate(COLLATZ, trace(COLLATZ, "function", "f", "12"), budget=20) == FOLDED


@pytest.mark.parametrize("budget", [0, 1000])
def test_without_need_nothing_is_folded(budget: int) -> None:
    run = trace(COLLATZ, "function", "f", "12")
    assert narrate(COLLATZ, run, budget) == narrate(COLLATZ, run)
    assert "more rounds" not in narrate(COLLATZ, run)


def test_the_fold_that_saves_most_comes_first() -> None:
    run = trace(NESTED, "function", "f", "[1, 2, 3, 4, 5, 6, 7], 9")
    loops = {3: 5, 4: 5}
    once = [s for s in fold(run.steps, loops, 100) if isinstance(s, Fold)]
    assert [(s.line, s.rounds) for s in once] == [(3, 4)]
    assert once[0].changes["total"] == str(sum(36 * r for r in range(1, 7)))
    many = fold(run.steps, loops, 1)
    assert len(many) < 40
    assert [s.line for s in many if isinstance(s, Fold)] == [4, 4, 3, 4]


def test_a_loop_left_early_is_not_folded_past_its_end() -> None:
    code = "def f(xs):\n    for x in xs:\n        if x > 8:\n            return x\n    return 0"
    text = narrate(code, trace(code, "function", "f", "[1, 2, 3, 4, 5, 6, 7, 9, 9]"), budget=4)
    assert text.split("\n")[-2:] == ["if x > 8:  # 9 > 8, True", "return x  # 9"]
    assert "for x in xs:  # 4 more rounds: x = 6" in text


def test_folding_changes_no_end_and_keeps_what_calls_and_recursion_tell() -> None:
    rng, folded = Random("fold"), 0
    for _ in range(150):
        source = broad.draw(rng, 1.0)
        try:
            run = trace(source.code, source.io, source.entry_point, source.inputs[0])
        except TraceRejected:
            continue
        full, short = (narrate(source.code, run, budget).split("\n") for budget in (0, 12))
        assert len(short) <= len(full)
        assert short[-1] == full[-1]
        assert [line for line in short if "more rounds" not in line] == [
            line for line in short if line in full and "more rounds" not in line
        ]
        folded += len(short) < len(full)
    assert folded > 20
