"""The workings of a line: golden lines, and that telling them changes nothing and claims nothing untrue."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from random import Random
from unittest.mock import patch

import pytest

from models.config import DatasetConfig
from models.dataset import records
from models.trace import workings
from models.trace.kinds import KINDS
from models.trace.tracer import trace
from models.trace.types import Trace, TraceRejected

PROGRAMS = 400
OPERATION = re.compile(r"(-?[\w.]+|'[^']*') ([-+*/%<>=!]+|in|not in) (-?[\w.]+|'[^']*') = (.+)")


def told(body: str, given: str) -> list[tuple[str, ...]]:
    """The workings of each line of `def f(a, b)` that has any."""
    run = trace("def f(a, b):\n" + "".join(f"    {line}\n" for line in body.split("\n")), "function", "f", given)
    return [workings.kept(step.told) for step in run.steps if step.told]


@pytest.mark.parametrize(
    ("body", "given", "lines"),
    [
        ("return (a + b) % 7", "5, 6", [("5 + 6 = 11", "11 % 7")]),
        ("a += b\nreturn a", "5, 6", [("5 + 6",)]),
        ("a[b] -= 1\nreturn a", "[4, 3], 1", [("3 - 1",)]),
        ("return a[b] * 2", "[4, 3], 1", [("[1] 3", "3 * 2")]),
        ("if len(a) > b and b != 2:\n    return 1", "'abc', 2", [("len 3", "3 > 2 = True", "2 != 2 = False")]),
        ("return [x for x in a if x % b == 0]", "[3, 4], 2", [("3 % 2 = 1", "1 False", "4 % 2 = 0", "0 True")]),
        ("return sum([x * b for x in a])", "[3, 4], 2", [("3 * 2 = 6", "4 * 2 = 8", "sums 6 14")]),
        ("return a[:b] + a[1:]", "'abcd', 2", [("[:2] 'ab'", "[1:] 'bcd'")]),
        ("return a // b", "1, 0", [("1 // 0",)]),
        ("return max(a, b) if a == b else min(a, b)", "1, 2", [("1 == 2 = False", "min(1, 2)")]),
        ("return len(set(a)) + 1", "'abba', 0", [("set {'a', 'b'}", "len 2", "2 + 1")]),
        ("return sorted(a, key=lambda x: -x % b)", "[1, 2], 3", [("-1 % 3 = 2", "-2 % 3 = 1")]),
        ("return '-' * b + a", "'x', 2", [("'-' * 2 = '--'",)]),
        ("return a.get('x', 0) + b", "{'x': 4}, 1", [("get 4", "4 + 1")]),
        ("return a[0], a[1:]", "[1, 2], 0", [("[0] 1", "[1:] [2]")]),
        ("return 1 < a < b", "2, 3", []),
    ],
)
def test_what_is_told(body: str, given: str, lines: list[tuple[str, ...]]) -> None:
    assert told(body, given) == lines


def test_a_crowded_line_tells_nothing_from_inside_comprehensions() -> None:
    assert told("return len([x for x in a if x > 1]) + b", f"{list(range(30))}, 1") == [("len 28", "28 + 1")]


def test_values_of_the_programs_own_classes_are_not_told() -> None:
    code = (
        "class C:\n    def __init__(self, x):\n        self.x = x\n    def __repr__(self):\n        return 'lie'\n\n"
        "def g(x):\n    return C(x)\n\ndef f(a):\n    return [g(a)][0].x + 1"
    )
    run = trace(code, "function", "f", "3")
    assert "lie" not in str([step.told for step in run.steps])
    assert run.output == "4"


def runs(count: int) -> list[tuple[records.Program, Trace]]:
    rng, out = Random("workings"), list[tuple[records.Program, Trace]]()
    while len(out) < count:
        try:
            program = records.draw_program(DatasetConfig(), rng)
            out.append((program, records.run(program.code, program.io, program.entry_point, program.given)))
        except records.Dropped:
            continue
    return out


def test_telling_changes_neither_the_outcome_nor_the_steps() -> None:
    made = runs(PROGRAMS)
    with patch.dict(KINDS, plain=replace(KINDS["plain"], instrument=lambda tree: tree)):
        for program, run in made:
            try:
                bare = trace(program.code, program.io, program.entry_point, program.given)
            except TraceRejected:
                continue
            assert (bare.output, bare.raised, bare.endless) == (run.output, run.raised, run.endless), program.code
            assert [(s.line, s.frame, s.changes, s.printed, s.value, s.raised) for s in bare.steps] == [
                (s.line, s.frame, s.changes, s.printed, s.value, s.raised) for s in run.steps
            ], program.code


def test_every_operation_that_is_told_holds() -> None:
    checked = 0
    for _, run in runs(PROGRAMS):
        for text in (text for step in run.steps for text, _ in step.told):
            if match := OPERATION.fullmatch(text):
                left, symbol, right, value = match.groups()
                try:
                    operands = ast.literal_eval(left), ast.literal_eval(right)
                except ValueError:  # a long text is told by its name
                    continue
                assert workings.SYMBOLS[symbol](*operands) == ast.literal_eval(value), text
                checked += 1
    assert checked > PROGRAMS // 2
