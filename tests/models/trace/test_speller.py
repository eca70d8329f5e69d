"""Workings in smaller steps: golden lines, and that telling them changes nothing else of a run."""

from __future__ import annotations

from random import Random

import pytest

from models.config import DatasetConfig
from models.dataset import records
from models.trace.tracer import trace
from models.trace.types import Trace, TraceLimits, TraceRejected
from models.trace.workings import kept
from tests.models.trace import many

PROGRAMS = 250
UNHURRIED = TraceLimits(seconds=60.0)
OBJECTS = [
    "class P:\n    made = 0\n\n    def __init__(self, x):\n        self.x = x\n\n"
    f"    def __repr__(self):\n        {body}\n\n"
    "def f(n):\n    return [P(i) for i in range(n)][::2][0].x + P.made"
    for body in ("P.made += 1\n        return 'P'", "raise KeyError")
]
"""Programs that see whether their objects are written out."""


def told(body: str, given: str) -> list[tuple[str, ...]]:
    """The workings of each line of `def f(a, b)` that has any."""
    code = "def f(a, b):\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    run = trace(code, "function", "f", given, workings="spelled")
    return [kept(step.told) for step in run.steps if step.told]


@pytest.mark.parametrize(
    ("body", "given", "lines"),
    [
        ("return len(a)", "'hello world', 0", [("len: 'hello'5 ' worl'10 'd'11",)]),
        ("return len(a) + b", "'hello', 1", [("len: 'hello'5 = 5", "5 + 1")]),
        ("return len(a) + b", "'hell', 1", [("len 4", "4 + 1")]),
        ("return len(a)", "'hell', 1", []),
        ("return a[4]", "'hello', 1", [("[4]: 'hell'4",)]),
        ("return a[2]", "'hello', 1", []),
        ("return a[b] + 1", "[3, 1, 4, 1], 3", [("[3] 1", "1 + 1")]),
        ("return a[b] + 1", "[3, 1, 4, 1, 5], 3", [("[3]: 0:3 1:1 2:4 3:1 = 1", "1 + 1")]),
        ("return a[1:4] + 'x'", "'hello', 0", [("[1:4]: 'h'1 'ell'4 = 'ell'",)]),
        ("if b in a:\n    return 1", "'hello world', 'l'", [("'l' in a: 'hel'",)]),
        ("return b in a and 1", "'hello', 'x'", [("'x' in a: 'hello' = False",)]),
        ("return [c for c in b if c in a]", "'hello', 'lx'", [("'l' in a: 'hel' = True", "'x' in a: 'hello' = False")]),
        ("return (a + b) % 7", "345, 678", [("345 + 678: 13 12 10 = 1023", "1023 % 7: 10-7 32-28 43-42")]),
        ("a += b\nreturn a", "345, 678", [("345 + 678: 13 12 10",)]),
        ("return b * a", "8, '-'", [("'-' * 8: '-----'5 '---'8",)]),
        ("return sorted(a, reverse=b)", "[5, 2, 9, 1, 7], True", [("sorted: [9, 5, 2, 1] [7]",)]),
        ("a.sort()\nreturn a", "[5, 2, 9, 1, 7], 0", [("sort: [1, 2, 5, 9] [7]",)]),
        ("return a.index(b)", "[5, 2, 9, 1, 7], 3", [("index 3: 0:5 1:2 2:9 3:1 4:7",)]),
        ("return max(a, b)", "3, 4", [("max(3, 4)",)]),
        ("return max(a, default=0) - b", "[3, 9, 2, 4, 11], 4", [("max: 3 9 9 9 11 = 11", "11 - 4")]),
        ("return max(a, default=0) - b", "[], 4", [("max 0", "0 - 4")]),
        (
            "return sorted(a.keys())", "{'e': 1, 'd': 2, 'c': 3, 'b': 4, 'a': 5}, 0",
            [("keys ['e', 'd', 'c', 'b', 'a']", "sorted: ['b', 'c', 'd', 'e'] ['a']")],
        ),
        ("return max(a) - b", "[3, 9, 2, 4, 11], 4", [("max: 3 9 9 9 11 = 11", "11 - 4")]),
        ("return [w.upper() for w in a]", "['ab', 'c'], 0", [("'ab' upper 'AB'", "'c' upper 'C'")]),
        ("return [len(w) for w in a]", "['ab', 'cdefg'], 0", [("'ab' len 2", "len: 'cdefg'5 = 5")]),
        ("return [int(w) for w in a]", "['1', '2'], 0", [("'1' int 1", "'2' int 2")]),
        ("return [a[i] for i in range(2)]", "'abc', 0", [("[0] 'a'", "[1] 'b'")]),
        ("return sorted(a.items())", "{'x': 2}, 0", [("items [('x', 2)]",)]),
        ("for k, v in a.items():\n    return v", "{'x': 2}, 0", []),
        ("return [len(b) for _ in range(2)]", "0, 'hello'", [("len: 'hello'5 = 5", "'hello' len 5")]),
        (
            "return [len(w) for w in a]", "['hello, you', 'hello'], 0",
            [("len: 'hello'5 ', you'10 = 10", "len: 'hello'5 = 5")],
        ),
        ("return sum(a)", f"{[1] * 13}, 0", [("sums 1 2 3 4 5 6 7 8 9 10 11 12 13",)]),
    ],
)
def test_what_is_told(body: str, given: str, lines: list[tuple[str, ...]]) -> None:
    assert told(body, given) == lines


def test_functions_of_the_programs_own_are_called_as_ever() -> None:
    code = (
        "class C:\n    def __len__(self):\n        return 7\n    def find(self, x):\n        return x + 1\n\n"
        "def len(x):\n    return 'mine'\n\ndef f(a):\n    c = C()\n"
        "    return [c.find(a), len('hello world'), c.find(x=2)]"
    )
    run = trace(code, "function", "f", "3", workings="spelled")
    assert run.output == "[4, 'mine', 3]"
    assert "'hello'5" not in str([step.told for step in run.steps])


def test_a_crowded_comprehension_tells_fewer_steps() -> None:
    (line,) = told("return [a.count(c) for c in a]", "'abcdefghijklmnopq', 0")
    assert line[0] == "count 'a': 'a'1 'bcdefghijklmnopq' = 1"
    assert line[-1] == "'abcdefghijklmnopq' count 1"
    assert sum(map(len, line)) < 1000


def facts(run: Trace) -> list[object]:
    """All of a run but its workings."""
    own = [(s.line, s.frame, s.changes, s.printed, s.value, s.raised, s.resumed, s.calls) for s in run.steps]
    return [run.output, run.raised, run.endless, own]


@pytest.mark.parametrize("workings", ["spelled", "stepped"])
def test_runs_are_the_same_but_for_their_workings(workings: str) -> None:
    rng, compared, differ = Random("speller"), 0, 0
    config = DatasetConfig(drills=0.35, broad=0.6)
    programs = [program for origin, program in many.programs() if origin == "hand"]
    programs += [(code, "function", "f", "6") for code in OBJECTS]
    while len(programs) < PROGRAMS:
        try:
            drawn = records.draw_program(config, rng)
        except records.Dropped:
            continue
        programs.append((drawn.code, drawn.io, drawn.entry_point, drawn.given))
    for program in programs:
        try:
            run = trace(*program, UNHURRIED)
        except TraceRejected as reason:
            with pytest.raises(TraceRejected, match=str(reason)):
                trace(*program, UNHURRIED, workings=workings)
            continue
        small = trace(*program, UNHURRIED, workings=workings)
        assert facts(small) == facts(run), program[0]
        compared += 1
        differ += small != run
    assert compared > 0.9 * len(programs)
    assert differ > PROGRAMS // 6
