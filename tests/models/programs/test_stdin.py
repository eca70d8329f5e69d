"""Guessed standard input: of the form that a program reads, and good enough for most contest-like programs to run."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.programs import broad, fuzz, stdin

FORMS = [
    ("s = input()\nprint(s[::-1])", r"\S+\n"),
    ("print(int(input()) + 1)", r"-?\d+\n"),
    ("print(float(input()) / 2)", r"[\d.]+\n"),
    ("a, b = map(int, input().split())\nprint(a + b)", r"-?\d+ -?\d+\n"),
    ("a, b, c = input().split()\nprint(c)", r"\S+ \S+ \S+\n"),
    ("a, b = [int(x) for x in input().split(',')]\nprint(a)", r"-?\d+,-?\d+\n"),
    ("xs = list(map(int, input().split()))\nprint(sum(xs))", r"-?\d+( -?\d+)*\n"),
    ("xs = [float(x) for x in input().split()]\nprint(max(xs))", r"[\d.]+( [\d.]+)*\n"),
    ("name, age = input().split()\nprint(name, int(age) + 1)", r"\S+ -?\d+\n"),
    ("line = input().strip()\nwords = line.split()\nprint(len(words), int(words[1]))", r"\S+ -?\d+( \S+)*\n"),
    ("print(sum(map(int, input())))", r"\d+\n"),
    ("a = b = None\na, b = input(), int(input())\nprint(a * b)", r"\S+\n-?\d+\n"),
    ("n, *xs = map(int, open(0).read().split())\nprint(sum(xs))", r"\d+\n(-?\d+\n)*"),
    ("cmd = input()\nif cmd == 'north':\n    print(1)\nelif cmd == 'south':\n    print(2)", r"\w+\n"),
]
COUNTED = [
    "for _ in range(int(input())):\n    print(input().upper())",
    "n = int(input())\nfor i in range(n):\n    s = input()\n    print(i, s)",
    "n = int(input())\nlines = [input() for _ in range(n)]\nprint(lines)",
    "def main():\n    n = int(input())\n    while n > 0:\n        print(len(input()))\n        n -= 1\nmain()",
    "import sys\n\ndef read():\n    return sys.stdin.readline().strip()\n"
    "for _ in range(int(read())):\n    print(read())",
    "import sys\nlines = sys.stdin.read().split('\\n')\nn = int(lines[0])\nfor i in range(n):\n    print(lines[i + 1])",
    "read = lambda: int(input())\nt = read()\nfor _ in range(t):\n    print(read() * 2)",
    "class Solution:\n    def __init__(self):\n        self.n = int(input())\n    def run(self):\n"
    "        for _ in range(self.n):\n            print(input())\nSolution().run()",
]
CONTEST = [
    "t = int(input())\nfor _ in range(t):\n    n, k = map(int, input().split())\n"
    "    a = list(map(int, input().split()))\n    print(sum(a[i] for i in range(n)) * k)",
    "n, m = map(int, input().split())\ngrid = [list(map(int, input().split())) for _ in range(n)]\n"
    "print(sum(grid[i][j] for i in range(n) for j in range(m)))",
    "import sys\ninput = sys.stdin.readline\ndef main():\n    h, w = map(int, input().split())\n"
    "    g = [input().strip() for _ in range(h)]\n    print(sum(g[i][j] == '#' for i in range(h) for j in range(w)))\n"
    "if __name__ == '__main__':\n    main()",
    "n, m = map(int, input().split())\nnear = [[] for _ in range(n)]\nfor _ in range(m):\n"
    "    a, b = map(int, input().split())\n    near[a - 1].append(b - 1)\n    near[b - 1].append(a - 1)\nprint(near)",
    "while True:\n    try:\n        a, b = input().split()\n        print(int(a) + int(b))\n"
    "    except EOFError:\n        break",
    "try:\n    while True:\n        print(int(input()) * 2)\nexcept EOFError:\n    pass",
    "import sys\nfor line in sys.stdin:\n    a, b = map(int, line.split())\n    print(a + b)",
    "import sys\ndata = iter(sys.stdin.read().split())\nn = int(next(data))\n"
    "xs = [int(next(data)) for _ in range(n)]\nprint(sorted(xs))",
    "import sys\ndata = list(map(int, sys.stdin.read().split()))\nn = data[0]\nprint(max(data[1:n + 1]))",
    "from sys import stdin\nlines = stdin.readlines()\nn = int(lines[0])\n"
    "print([line.strip() for line in lines[1:n + 1]])",
    "stack = []\nfor _ in range(int(input())):\n    parts = input().split()\n    if parts[0] == 'push':\n"
    "        stack.append(int(parts[1]))\n    elif parts[0] == 'pop':\n        print(stack.pop() if stack else 'no')",
    "while True:\n    n, m = map(int, input().split())\n    if n == 0 and m == 0:\n        break\n    print(n * m)",
    "while (line := input()) != 'end':\n    print(line)",
    "for line in iter(input, 'END'):\n    print(len(line))",
    "total = 0\nn = int(input())\nwhile n != -1:\n    total += n\n    n = int(input())\nprint(total)",
    "prices = {'tea': 2, 'milk': 3}\nprint(prices[input()])",
    "n = int(input())\ns = input()\nprint(''.join(s[i] for i in range(n)))",
    "import sys\nline = sys.stdin.readline()\nwhile line:\n    print(line.split())\n    line = sys.stdin.readline()",
    "from collections import Counter\nn = int(input())\nprint(Counter(input() for _ in range(n)).most_common(1)[0][0])",
    "q = int(input())\nfor _ in range(q):\n    kind, *rest = input().split()\n    print(kind, len(rest))",
    "a = [int(input()) for _ in range(3)]\nprint(a[0] < a[1] < a[2])",
    "n = int(input())\nxs = list([tuple(map(int, input().split())) for _ in range(n)])\nprint([a - b for a, b in xs])",
]


def run(code: str, text: str, patch: pytest.MonkeyPatch) -> str | None:
    """The exception that a program of this file ends with, or None."""
    out = io.StringIO()
    with patch.context() as patched, contextlib.redirect_stdout(out):
        patched.setattr(sys, "stdin", io.StringIO(text))
        try:
            exec(compile(code, "<contest>", "exec"), {"__name__": "__main__"})
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what the test asks for
            return type(error).__name__
    return None


@pytest.mark.parametrize(("code", "form"), FORMS)
def test_the_likeliest_guess_has_the_form_that_is_read(code: str, form: str) -> None:
    for seed in range(20):
        text = next(stdin.texts(code, Random(seed), 1))
        assert re.fullmatch(form, text), text


@pytest.mark.parametrize("code", COUNTED)
def test_as_many_lines_follow_as_the_first_number_says(code: str) -> None:
    for seed in range(20):
        first, *rest = next(stdin.texts(code, Random(seed), 1)).splitlines()
        assert int(first) == len(rest) > 0


@pytest.mark.parametrize("code", CONTEST)
def test_one_of_six_guesses_fits_most_contest_programs(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fits = 0
    for seed in range(20):
        guesses = stdin.texts(code, Random(seed), 6)
        fits += any(run(code, text, monkeypatch) not in fuzz.MISFITS["stdio"] for text in guesses)
    assert fits >= 19, fits


def test_the_first_guess_fits_broad_programs_of_contest_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, fits, tried = Random("shapes"), 0, 0
    while tried < 150:
        source = broad.draw(rng)
        if source.io == "function" or "while" in source.code:  # some of those do not end
            continue
        tried += 1
        text = next(stdin.texts(source.code, rng, 1))
        fits += run(source.code, text, monkeypatch) not in fuzz.MISFITS["stdio"]
    assert fits > 0.9 * tried, fits


def test_guesses_differ_and_repeat() -> None:
    code = "n = int(input())\nprint(n, input())"
    guesses = list(stdin.texts(code, Random(1), 6))
    assert guesses == list(stdin.texts(code, Random(1), 6))
    assert len(set(guesses)) > 3


@pytest.mark.parametrize(
    "code",
    ["print(1)", "def f(:", "", "import fileinput\nprint(list(fileinput.input()))", "def f():\n    input()\nprint(f)"],
)
def test_where_nothing_is_read_there_is_no_guess(code: str) -> None:
    assert list(stdin.texts(code, Random(1), 3)) == []


@pytest.mark.parametrize(
    ("code", "reads"),
    [("input()", True), ("import sys\nsys.stdin.read()", True), ("from sys import stdin", True), ("open(0)", True),
     ("open('a')", False), ("print('input()')", False), ("x = (", False)],
)  # fmt: skip
def test_whether_a_program_names_standard_input(code: str, reads: bool) -> None:
    assert stdin.reading(code) == reads


PARTS = st.sampled_from(
    ["input()", "int(input())", "input().split()", "map(int, input().split())", "x[0]", "x[1:]", "range(x)", "n", "x",
     "list(x)", "next(x)", "iter(x)", "sys.stdin", "sys.stdin.read()", "x.pop()", "len(x)", "n - 1", "n // x", "n % 0",
     "(lambda y: int(y))(x)", "[int(y) for y in x]", "f(x)", "x == 'a'", "10 ** 9", "x if n else input()", "-n"]
)  # fmt: skip
STATEMENTS = st.sampled_from(
    ["{v} = {e}", "n, x = {e}", "*x, n = {e}", "for n in {e}:\n    x = {f}", "while {e}:\n    x = {f}",
     "if {e}:\n    n = {f}", "def f(x):\n    return {e}", "def f(x):\n    return f({e})", "x += {e}", "x.y = {e}",
     "class A:\n    def f(self, x):\n        return {e}\nA().f({f})", "with {e} as x:\n    n = {f}",
     "match {e}:\n    case 1:\n        x = {f}", "try:\n    x = {e}\nfinally:\n    n = {f}", "x[{e}] = {f}", "exit()"]
)  # fmt: skip


@given(st.lists(st.tuples(STATEMENTS, PARTS, PARTS, st.sampled_from("nx")), max_size=8))
def test_whatever_a_program_does_its_guesses_are_lines(parts: list[tuple[str, str, str, str]]) -> None:
    code = "\n".join(form.format(v=v, e=e, f=f) for form, e, f, v in parts)
    for text in stdin.texts(code, Random(code), 2):
        assert text == "" or text.endswith("\n")
        assert len(text) < 100_000
