"""What lies ahead of a loop: what is told is what comes, and is told of nothing that is the program's own."""

from __future__ import annotations

import ast
from random import Random
from typing import Any

import pytest

from models.narrative.compact import narrate
from models.trace.tracer import trace

DRAWN = 300


def heads(loop: str, given: str, before: str = "") -> list[str]:
    """The notes of the heads of a loop."""
    code = f"def f(a, b):\n    {before or 'pass'}\n    for {loop}:\n        pass\n    return 0"
    lines = narrate(code, trace(code, "function", "f", given, workings="stepped")).split("\n")
    return [line.split("  # ")[1] for line in lines if line.startswith("for ")]


@pytest.mark.parametrize(
    ("loop", "given", "notes"),
    [
        ("i in range(1, a, 2)", "7, 0", ["i = 1 to 5", "i = 3 to 5", "i = 5 to 5", "end"]),
        ("i in range(a, 0, -4)", "7, 0", ["i = 7 to 3", "i = 3 to 3", "end"]),
        ("i in range(a)", "0, 0", ["end"]),
        ("c in a", "'banana', 0", ["c = 'b', then 'ana'", "c = 'a', then 'nan'", "c = 'n', then 'ana'",
                                   "c = 'a', then 'na'", "c = 'n', then 'a'", "c = 'a', then ''", "end"]),
        ("c in a", "'bana', 0", ["c = 'b'", "c = 'a'", "c = 'n'", "c = 'a'", "end"]),
        ("x in a", "[3, 1, 4, 1, 5], 0", ["x = 3, then [1, 4]", "x = 1, then [4, 1]", "x = 4, then [1, 5]",
                                         "x = 1, then [5]", "x = 5, then []", "end"]),
        ("x in reversed(a)", "(3, 1, 4, 1, 5), 0", ["x = 5, then (1, 4)", "x = 1, then (4, 1)", "x = 4, then (1, 3)",
                                                   "x = 1, then (3,)", "x = 3, then ()", "end"]),
        ("i in reversed(range(a))", "3, 0", ["i = 2 to 0", "i = 1 to 0", "i = 0 to 0", "end"]),
    ],
)  # fmt: skip
def test_heads(loop: str, given: str, notes: list[str]) -> None:
    assert heads(loop, given) == notes


@pytest.mark.parametrize(
    ("loop", "given", "first"),
    [
        ("k, v in a.items()", "dict(zip('abcdef', range(6))), 0", "k = 'a', v = 0, then [('b', 1), ('c', 2)]"),
        ("k in a", "dict(zip('abcdef', range(6))), 0", "k = 'a', then ['b', 'c']"),
        ("v in a.values()", "dict(zip('abcdef', range(6))), 0", "v = 0, then [1, 2]"),
        ("i, c in enumerate(a, b)", "'hello', 3", "i = 3, c = 'h', then 'ell'"),
        ("x, y in zip(a, range(b))", "'hello', 6", "x = 'h', y = 0, then ('e', 1)"),
        ("x, y in zip(a, range(b))", "'hello', 3", "x = 'h', y = 0"),
        ("x in [*a]", "'hello', 3", "x = 'h', then ['e', 'l']"),
        ("x in {*a}", "range(6), 3", "x = 0"),
        ("x in (c for c in a)", "'hello', 3", "x = 'h'"),
        ("x in [min, *a]", "list('hello'), 3", "x = <built-in function min>, then ['h', 'e']"),
        ("x in ['h', min, 1, 2, 3]", "0, 3", "x = 'h'"),
    ],
)
def test_first_heads(loop: str, given: str, first: str) -> None:
    assert eval(given) and heads(loop, _literal(given))[0].endswith(first)


def _literal(given: str) -> str:
    """Arguments as literals: a program is called with nothing else."""
    return ", ".join(map(repr, (list(one) if type(one) is range else one for one in eval(given))))


def test_what_is_told_is_what_comes() -> None:
    rng, found = Random("ahead"), 0
    for _ in range(DRAWN):
        size = rng.randint(5, 9)
        text = "".join(rng.choice("ab'\\") for _ in range(size))
        items: Any = rng.choice([text, list(text), tuple(range(size)), [[n] for n in range(size)]])
        loops = [("x in a", items), ("x in reversed(a)", items[::-1]), ("_, x in enumerate(a)", items)]
        loop, taken = rng.choice(loops)
        notes = heads(loop, f"{items!r}, 0")
        assert len(notes) == size + 1
        for at, note in enumerate(notes[:-1]):
            told = ast.literal_eval(note.split(", then ")[1])
            most = 3 if type(items) is str else 2
            assert told == taken[at + 1 : at + 1 + most]
            found += 1
    assert found > 5 * DRAWN


def test_what_is_told_of_a_list_that_changes_is_what_lies_ahead_then() -> None:
    code = (
        "def f(a):\n    for x in a:\n        if x < 3:\n            a.append(x + 5)\n        a[-1] += 1\n"
        "    for x in reversed(a):\n        a.pop()\n    return a"
    )
    run = trace(code, "function", "f", "[1, 2, 3, 4, 5]", workings="stepped")
    held: list[int] = []
    before = 0
    for step in run.steps:
        if "a" in step.changes:
            held = ast.literal_eval(step.changes["a"])
        if step.ahead and step.line == 2:
            assert step.ahead == f", then {held[before + 1 : before + 3]}"
            before += 1
        if step.ahead and step.line == 6:
            assert ast.literal_eval(step.ahead.removeprefix(", then ")) == held[max(0, len(held) - 3) : -1][::-1]
    assert before == 7


def test_a_program_may_have_its_own_of_what_makes_loops() -> None:
    code = (
        "def zip(*a):\n    return [*a]\n\nclass reversed:\n    def __init__(self, a):\n        self.a = a\n"
        "    def __iter__(self):\n        return iter(self.a)\n\ndef f(a):\n    out = []\n"
        "    for x in zip(1, 2, 3, 4, 5):\n        out += [x]\n    for x in reversed(a):\n        out += [x]\n"
        "    return out"
    )
    run = trace(code, "function", "f", "'hello'", workings="stepped")
    assert run.output == "[1, 2, 3, 4, 5, 'h', 'e', 'l', 'l', 'o']"
    assert [step.ahead for step in run.steps if step.ahead][:2] == [", then [2, 3]", ", then [3, 4]"]


def test_other_kinds_of_workings_tell_nothing_of_it() -> None:
    code = "def f(a):\n    for c in a:\n        pass"
    for workings in ("plain", "spelled"):
        assert not any(step.ahead for step in trace(code, "function", "f", "'hello'", workings=workings).steps)
