"""A traced program does what it does untraced: each part of it is evaluated as often, and in the same order."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from models.trace import workings
from models.trace.tracer import trace
from models.trace.types import TraceLimits
from tests.models.trace.test_own_objects import BODIES, OBJECTS

ROOMY = TraceLimits(steps=5_000, seconds=60.0, repr_chars=10_000)
LOGGED = """LOG = []

def said(what, value=0):
    LOG.append(what)
    return value

class Box:
    def __init__(self, *items):
        self.items = list(items)
    def __getitem__(self, index):
        LOG.append(('get', index))
        return self.items[index]
    def __setitem__(self, index, value):
        LOG.append(('set', index, value))
        self.items[index] = value

class Number:
    def __init__(self, x):
        self.x = x
    def __add__(self, other):
        LOG.append(('add', self.x, other))
        return self.x + other
    __radd__ = __add__
    def __iadd__(self, other):
        LOG.append(('iadd', self.x, other))
        return Number(self.x + other)
    def __repr__(self):
        return f'Number({self.x})'

class Key:
    def __hash__(self):
        LOG.append('hash')
        return 1
    def __eq__(self, other):
        LOG.append('eq')
        return True

class Zero(dict):
    def __missing__(self, key):
        LOG.append(('missing', key))
        return 0

class Watched:
    hidden = 1
    def __getattribute__(self, name):
        LOG.append(name)
        return object.__getattribute__(self, name)
    @property
    def size(self):
        LOG.append('read')
        return 3
    @size.setter
    def size(self, value):
        LOG.append(('written', value))

class Sized:
    def __iter__(self):
        LOG.append('iter')
        return iter([1, 2, 3])
    def __len__(self):
        LOG.append('len')
        return 3

class Steps:
    def __init__(self, stop):
        self.at, self.stop = 0, stop
    def __iter__(self):
        LOG.append('iter')
        return self
    def __next__(self):
        LOG.append('next')
        self.at += 1
        if self.at > self.stop:
            raise StopIteration
        return self.at

class Rank:
    def __init__(self, x):
        self.x = x
    def __lt__(self, other):
        LOG.append('lt')
        return self.x < other.x

class Answer:
    def __eq__(self, other):
        return Answer()
    def __bool__(self):
        LOG.append('bool')
        return True
    def __format__(self, how):
        LOG.append('format')
        return 'x'

"""
"""Classes and a function that write down what is asked of them."""
LOGGING = """
b = Box(1, 2); b[0] += n; b[1] -= 2
b, k = Box(1, 2), 1; b[k] *= n; b[k] **= 2; b[k] //= 5; b[k] %= 3; b[k] /= 2
b = Box(1, 2); b[said('i')] += said('v', n)
b = Box(1, 2); b[0] += said('v', n)
b = Box([1], [2]); b[0][0] += n; b[1][said('i')] += n
b = Box(Box(1, 2)); b[0][1] += n; b[0][said('i') + 1] += n
b = Box(1, 2); b[0:1] += [n]; b[said('from'):said('to', 1) + 1] += [n]
b = Box(1, Number(2)); b[1] += n; b[0] += Number(n)
b = [1, Number(2)]; b[1] += n; b[0] += Number(n)
b = Box(1, 2); b[5] += said('v')
b = Box(1, None); b[1] += said('v')
b = [1, 2]; b[said('i')] += n; b[said('i') + 1] -= said('v', n)
k, d = Key(), {}; d[k] = 1; d[k] += n
d = {Key(): 1}; d[1] += n
d = Zero(); d['a'] += n; d['a'] += n
w = Watched(); w.size += n; w.hidden += n
w = Watched(); d = {w: 1}; d[w] += n; x = d[w] + 1; u = w
x = sum(Number(said(i, i)) for i in range(3))
x = sum([Number(i) for i in range(3)]) + 1
x = sum(said(i, 'x' if i == 1 else i) for i in range(5))
x = sum(Sized()) + 1
x = sum([1, 'x', said('v')])
x = sum(said(i, i) for i in range(40)) + sum(said(i, i) for i in range(13)) + sum(said(i, i) for i in range(12))
x = sum(map(said, 'abc', Sized())) + sum(map(said, range(20), range(20))) + sum(x for x in range(31))
x = sum(Steps(3)) + sum(map(abs, Steps(5))) + sum(i for i in Steps(13)) + sum(Steps(40)) + sum(map(abs, Steps(40)))
x = sum(i if i < 20 else 'x' for i in Steps(40))
x = sum({1: 2, 3: 4}) + sum({1: 2, 3: 4}.values()) + sum({5}) + sum(range(100)) + sum(()) + sum(iter([1, 2]))
x = sum(n)
x = [1 for i in range(2) if Answer() == i]
s = {Rank(2), Rank(1), Rank(3)}; t = {(1, Rank(2)), (1, Rank(1))} if n < 0 else 0
"""
"""Lines of a function, with an `n` of 6, in which something of the program's own is asked."""
PROGRAMS = """
def f(n):
    d = [1, 2]
    def g():
        d[0] = 100
        return 5
    d[0] += g()
    return d
----
def f(n):
    d = [1, 2]
    def g():
        k = 0
        d[k] += yield 1
        d[1] += yield 2
    a, b = g(), g()
    return [next(a), next(b), a.send(5), b.send(6), next(a, 'end'), d]
----
def f(n):
    t, d, out = (1, [2]), {}, []
    for step in range(3):
        try:
            if step == 2:
                d['a'] += 1
            t[step] += [1, [3]][step]
        except (TypeError, KeyError) as error:
            out.append(repr(error))
    return t, out
----
def sum(xs):
    xs.append(1)
    return len(xs)

def f(n):
    xs = [n]
    return sum(xs) + 1, xs
----
import weakref

class A:
    def __del__(self):
        out.append('gone')

def g():
    a = A()
    return weakref.ref(a)

out = []

def f(n):
    return g()() is None, out
----
class A:
    def sum(self, x):
        return [x] * 2

def f(n):
    return A().sum(n) + [sum(*[[1, 2], 3])]
----
def f(n):
    it = iter([1, 2, 3])
    try:
        return [next(it) for _ in range(n)]
    except StopIteration:
        return {k: list(it) for k in range(2)}
----
def g():
    yield next(iter([]))

def f(n):
    try:
        return {x for x in g()}
    except RuntimeError as error:
        return repr(error)
----
def f(n):
    async def one(x):
        return x
    async def all_of_them():
        return [await one(i) for i in range(3)], {i: await one(i) for i in range(2)}, [x + 1 for x in range(2)]
    try:
        all_of_them().send(None)
    except StopIteration as end:
        return end.value
----
def f(n):
    out = []
    def g(x: out.append(1), *y: out.append(2 + 0), z: 'late' = out.append(3)) -> out.append(4):
        return x
    return out, g.__annotations__
----
from dataclasses import dataclass
from typing import ClassVar

@dataclass
class A:
    x: int
    n: ClassVar[int] = 3
    y: list[int] = None

def f(n):
    return A(1), A.n, A(1, 2)
----
from __future__ import annotations

class A:
    x: list[int] = None

def f(n: dict[str, int]) -> list[n + 1]:
    return A.__annotations__, f.__annotations__
----
def f(n: Missing[int]):
    return n
----
def f(n):
    match n + 2j:
        case 1 + 2j | -6 - 2j:
            return 1
        case x if x == 6 + 2j:
            return 2 + n
----
def f(n):
    big = 10 ** 5000 if n < 0 else None
    out = [max(10 ** 5000, 1) % 7, abs(-10 ** 5000) % 7, sum([10 ** 5000, 1]) % 7]
    for act in (lambda: 'abcdef'[10 ** 5000], lambda: [1, 2, 3, 4, 5].pop(10 ** 5000)):
        try:
            act()
        except (IndexError, OverflowError) as error:
            out.append(type(error).__name__)
    return out
"""
"""Whole programs, told apart by lines of dashes."""


def untraced(code: str) -> tuple[str | None, str | None]:
    """What `f(6)` of a program returns, as text, or what it raises."""
    names: dict[str, Any] = {"__name__": "__main__"}
    try:
        exec(compile(code, "<untraced>", "exec", dont_inherit=True), names)
        return repr(names["f"](6)), None
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the outcome
        return None, type(error).__name__


def logging(line: str) -> str:
    """A program that returns what a line made its objects write down, and what the line raised."""
    return (
        f"{LOGGED}def f(n):\n    raised = None\n    try:\n        {line}\n"
        "    except Exception as error:\n        raised = repr(error)\n    return LOG, raised\n"
    )


@pytest.mark.parametrize("spelled", [False, True])
@pytest.mark.parametrize("line", LOGGING.split("\n")[1:-1])
def test_objects_are_asked_what_they_are_asked_untraced(line: str, spelled: bool) -> None:
    code = logging(line)
    run = trace(code, "function", "f", "6", ROOMY, spelled=spelled)
    assert (run.output, run.raised) == untraced(code)


@pytest.mark.parametrize("spelled", [False, True])
@pytest.mark.parametrize("code", PROGRAMS.split("----\n"))
def test_programs_end_as_untraced(code: str, spelled: bool) -> None:
    run = trace(code, "function", "f", "6", ROOMY, spelled=spelled)
    assert (run.output, run.raised) == untraced(code)


@pytest.mark.parametrize("spelled", [False, True])
@pytest.mark.parametrize("body", [body for body in BODIES.split("\n")[1:-1] if "Set(" not in body])
def test_methods_are_called_as_often_as_untraced(body: str, spelled: bool) -> None:
    """All but `__repr__`, by which values are told, and what it calls."""
    line = body if " = " in body else f"x = {body}"
    code = (
        f"{OBJECTS}def f(n):\n    ps = [P(i) for i in range(n)]\n    {line}\n"
        "    return {name: count for name, count in CALLS.items() if name != 'repr'}\n"
    )
    run = trace(code, "function", "f", "6", ROOMY, spelled=spelled)
    expected, raised = untraced(code)
    assert run.raised is raised is None
    assert ast.literal_eval(run.output or "") == ast.literal_eval(expected or "")


@pytest.mark.parametrize("spelled", [False, True])
def test_places_of_the_programs_own_are_told_too(spelled: bool) -> None:
    run = trace(logging("d = Zero(a=100); d['a'] += 345"), "function", "f", "6", ROOMY, spelled=spelled)
    (line,) = [workings.kept(step.told) for step in run.steps if step.told]
    assert line == (("100 + 345: 5 4 4",) if spelled else ("100 + 345",))


@pytest.mark.parametrize("line", ["n[0][0] += 1", "n[0:1] += [1]", "n[abs(0)] += [1]", "n[-1] += [1]", "n[0] += [1]"])
def test_other_places_are_not_told(line: str) -> None:
    run = trace(f"def f(n):\n    {line}\n    return n", "function", "f", "[[2]]", ROOMY)
    assert run.raised is None
    assert not [step.told for step in run.steps if step.told]


def test_a_signature_of_several_lines_is_one_step() -> None:
    code = "def g(\n    a: int,\n    b: list[int],\n) -> list[\n    int\n]:\n    return b\n\nprint(g(1, []))"
    run = trace(code, "stdio", None, "", ROOMY)
    assert [step.line for step in run.steps] == [1, 9, 1, 7, 9]


def test_an_endless_loop_tells_nothing_of_the_lines_that_are_only_counted() -> None:
    run = trace("def f(n):\n    while n > 0:\n        n += sum([1, 2])\n", "function", "f", "1", ROOMY)
    assert run.endless
    assert all(len(step.told) <= 3 for step in run.steps)
