"""Stepped workings in whole lines: golden ones, and that they are the same under every hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.config import NARRATIVES, WORKINGS
from models.dataset.records import LONG
from models.trace.kinds import KINDS
from models.trace.tracer import trace
from models.trace.workings import kept

ROOT = Path(__file__).parents[3]
SEEDED = """
from models.trace.tracer import trace
code = '''def f(a):
    d = {c: [{c, 'x'}, 1] for c in 'abc'}
    d.update({'q': [{1}, 2], 'z': 3})
    for k, v in d.items():
        v = d[k]
    for k in [{*a}, {*a}, 4, 5, 6, 3]:
        pass
    x = [{*a}, 1, 2, 3, 4]
    return x[2], x[3:], x[1:4], x.pop(1), '-'.join(sorted({*a})), x.remove(2)
'''
run = trace(code, 'function', 'f', "'banana'", workings='stepped')
print([(step.told, step.ahead) for step in run.steps])
"""


def told(body: str, given: str) -> list[tuple[str, ...]]:
    """The workings of each line of `def f(a, b)` that has any."""
    code = "def f(a, b):\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    run = trace(code, "function", "f", given, workings="stepped")
    return [kept(step.told) for step in run.steps if step.told]


@pytest.mark.parametrize(
    ("body", "given", "lines"),
    [
        ("return a[3]", "'hello', 0", [("[3]: 0:'h' 1:'e' 2:'l' 3:'l'",)]),
        ("return a[0]", "'hello', 0", []),
        ("return a[b] + 'x'", "'hello', 1", [("[1]: 0:'h' 1:'e' = 'e'",)]),
        ("return a[b] + 'x'", "'hello', 0", [("[0] 'h'",)]),
        ("return a[1:3]", "'hello', 0", [("[1:3]: 0:'h' 1:'e' 2:'l' 3",)]),
        ("x = a[6]\ny = a[7]\nreturn len(a)", "'hello world', 0", [
            ("[6]: 'hello'5 5:' ' 6:'w'",), ("[7]: 5:' ' 6:'w' 7:'o'",), ("len: 'hello'5 ' worl'10 'd'11",),
        ]),
        ("x = len(a) - a.index(a[7])\nreturn x", "'hello world', 0", [
            ("len: 'hello'5 ' worl'10 'd'11 = 11", "[7]: 5:' ' 6:'w' 7:'o' = 'o'", "index 'o': 'hell'4 = 4", "11 - 4"),
        ]),
        ("return [a[i] for i in (1, 3)]", "'hello', 0", [
            ("[1]: 0:'h' 1:'e' = 'e'", "[3]: 0:'h' 1:'e' 2:'l' 3:'l' = 'l'"),
        ]),
        ("return ''.join(c for c in a)", "'hello', 0", [("join '': ['h', 'e', 'l', 'l', 'o'] 'hello'",)]),
        ("return ''.join(reversed(a))", "'hellos', 0", [
            ("reversed: 'hello' 's'", "join '': ['s', 'o', 'l', 'l', 'e'] 'solle' ['h'] 'h'"),
        ]),
        ("return ' '.join(map(str, a))", "[1, 2, 3, 4, 5], 0", [("join ' ': ['1', '2', '3', '4', '5'] '1 2 3 4 5'",)]),
        ("return ' '.join(a)", "['a', 'b'], 0", []),
        ("return a.split(b)[0]", "'ab, c', ', '", [("split ', ': 'ab, ' 'c' = ['ab', 'c']",)]),
        ("return [w.strip() for w in a]", "['  hello', ' x '], 0", [("strip: '  ' '' = 'hello'", "' x ' strip 'x'")]),
        ("a.pop()\nreturn a", "[3, 1, 4, 1, 5], 0", [("pop: -1:5",)]),
        ("return (a + b) % 7", "345, 678", [("345 + 678: 13 12 10 = 1023", "1023 % 7: 10-7 32-28 43-42")]),
    ],
)  # fmt: skip
def test_what_is_told(body: str, given: str, lines: list[tuple[str, ...]]) -> None:
    assert told(body, given) == lines


def test_a_method_of_the_programs_own_is_called_as_ever() -> None:
    code = (
        "class Text(str):\n    def join(self, items):\n        return next(items)\n"
        "    def split(self):\n        return 'mine'\n\ndef f(a):\n    t = Text('hello world')\n"
        "    return t.join(c for c in a), t.split(), t[7]"
    )
    run = trace(code, "function", "f", "'hello'", workings="stepped")
    assert run.output == "('h', 'mine', 'o')"
    assert "'hello'5" not in str([step.told for step in run.steps])


def test_what_is_told_is_the_same_under_every_hash_seed() -> None:
    found = set()
    for seed in "123":
        done = subprocess.run(
            [sys.executable, "-c", SEEDED], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        found.add(done.stdout)
    assert len(found) == 1
    assert "update: 'q' False 'z' False" in next(iter(found))


def test_every_kind_has_its_settings() -> None:
    assert [*KINDS] == [*WORKINGS] == [*NARRATIVES] == [*LONG]
    assert len({*NARRATIVES.values()}) == len(KINDS)
