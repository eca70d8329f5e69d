"""What a traced program made lives no longer than untraced: the tracer holds none of its objects."""

from __future__ import annotations

import re
from unittest.mock import patch

import pytest

from models.trace import workings
from models.trace.kinds import KINDS
from models.trace.tracer import trace
from tests.models.trace.test_untraced import ROOMY, untraced

CLASSES = """import weakref

LOG = []

class A:
    def __init__(self, x=0):
        self.x = x
    def __add__(self, other):
        LOG.append(('add', self.x))
        return other
    __radd__ = __add__
    def __del__(self):
        LOG.append(('gone', self.x))

class Bag:
    def __init__(self, count):
        self.count = count
    def __iter__(self):
        return iter([A(i) for i in range(self.count)])
    def __del__(self):
        LOG.append('bag gone')

class Box:
    def __init__(self, *items):
        self.items = list(items)
    def __getitem__(self, index):
        return self.items[index]
    def __setitem__(self, index, value):
        self.items[index] = value
        LOG.append('set')

def g(*items):
    a = A('of g')
    yield from items
    LOG.append('never')

def ends():
    raise StopIteration

"""
"""Objects that write down when they are gone."""
BODIES = """
    for a in [A(i) for i in range(6)]:
        LOG.append('round')
    del a
    LOG.append('after')
----
    for i, a in enumerate([A(i) for i in range(6)]):
        del a
        LOG.append('round')
    for a, b in zip([A(i) for i in range(6)], 'abcdef'):
        LOG.append(b)
    for a in reversed([A(i) for i in range(6)]):
        LOG.append('back')
----
    items = [A(i) for i in range(6)]
    for a in items:
        items.pop()
        del a
        LOG.append('round')
----
    a = A()
    del a
    LOG.append('after')
----
    a = [A()]
    a = None
    LOG.append('after')
----
    for i in range(3):
        a = A(i)
    LOG.append('after')
----
    for x in g(1, 2):
        break
    LOG.append('after')
----
    it = g(1, 2)
    next(it)
    it.close()
    LOG.append('after')
----
    it = g(1, 2)
    next(it)
    it = None
    LOG.append('after')
----
    def own():
        a = A()
        return weakref.ref(a)
    LOG.append(own()() is None)
----
    try:
        raise ValueError(A())
    except ValueError as error:
        LOG.append('caught')
    LOG.append('after')
----
    x = sum(A(i) for i in range(3)) + 1
    LOG.append('after')
----
    x = sum(map(A, range(30))) + sum(iter([A(i) for i in range(20)]))
    LOG.append('after')
----
    x = sum(Bag(3)) + 1
    LOG.append('after')
----
    x = sum(Bag(30))
    LOG.append('after')
----
    b = Box(A())
    b[0] += 1
    LOG.append('after')
----
    try:
        x = [ends() for a in map(A, range(3))]
    except StopIteration:
        x = 'caught'
    LOG.append('after')
"""
"""Bodies of a function, told apart by lines of dashes."""
OF_THE_MODULE = f"""{CLASSES}
a = b = A()
def drop():
    global a, b
    a = None
    b = None
    LOG.append('after')
drop()
print(LOG)
"""


@pytest.mark.parametrize("workings", KINDS)
@pytest.mark.parametrize("body", BODIES.strip("\n").split("----\n"))
def test_objects_are_gone_when_they_are_gone_untraced(body: str, workings: str) -> None:
    code = f"{CLASSES}def f(n):\n{body}\n    return list(LOG)\n"
    output, raised = untraced(code)
    assert raised is None and re.search("gone|True", output or "")
    run = trace(code, "function", "f", "6", ROOMY, workings=workings)
    assert (run.output, run.raised) == (output, None)


def test_objects_of_a_module_are_gone_when_a_function_drops_them() -> None:
    assert trace(OF_THE_MODULE, "stdio", None, "", ROOMY).output == "[('gone', 0), 'after']\n"


@pytest.mark.parametrize("items", ["iter(range(500))", "(i for i in range(500))", "Count()"])
def test_a_long_sum_is_not_put_down(items: str) -> None:
    code = (
        "class Count:\n    at = -1\n    def __iter__(self): return self\n    def __next__(self):\n"
        "        self.at += 1\n        if self.at == 500: raise StopIteration\n        return self.at\n"
        f"def f(n):\n    return sum({items})\n"
    )
    held: list[list[int | None]] = []
    seen = workings._seen

    def watched(each: object, numbers: list[int | None], *more: object) -> object:
        held.append(numbers)
        return seen(each, numbers, *more)  # type: ignore[arg-type]

    with patch.object(workings, "_seen", watched):
        run = trace(code, "function", "f", "6", ROOMY)
    assert run.output == str(sum(range(500)))
    assert [len(numbers) for numbers in held] == [workings.Workings.SUMMED + 1]


def test_a_generator_that_ended_unseen_is_not_taken_for_the_next_one() -> None:
    loop = "    for k in range(5):\n        it = g(k)\n        next(it)\n        it = None\n"
    code = f"def g(k):\n    yield k\n\ndef f(n):\n{loop}"
    run = trace(code, "function", "f", "6", ROOMY)
    assert [step.changes["k"] for step in run.steps if step.line == 1] == ["0", "1", "2", "3", "4"]
    assert not any(step.resumed for step in run.steps)


def test_what_becomes_none_elsewhere_is_told() -> None:
    code = "def f(n):\n    x = [n]\n    def g():\n        nonlocal x\n        x = None\n    g()\n    return x"
    run = trace(code, "function", "f", "6", ROOMY)
    assert [step.changes for step in run.steps if step.line == 6] == [{}, {"x": "None"}]
