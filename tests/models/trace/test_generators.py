"""Golden narratives of generators: a resumed one goes on where it was, and is no new call."""

from __future__ import annotations

import pytest

from models.narrative.compact import narrate
from models.trace.tracer import trace
from models.trace.types import TraceRejected

GOES_ON = """def gen(n):
    i = 0
    while i < n:
        yield i * 2
        i += 1

def f(n):
    total = 0
    for x in gen(n):
        total += x
    return total"""
GOES_ON_TOLD = """def f(n):  # n = 2
total = 0  # total = 0
for x in gen(n):  # call
def gen(n):  # n = 2
i = 0  # i = 0
while i < n:  # 0 < 2, True
yield i * 2  # 0 * 2 = 0, 0
for x in gen(n):  # x = 0
total += x  # 0 + 0, total = 0
for x in gen(n):  # call
yield i * 2  # resumed
i += 1  # 0 + 1, i = 1
while i < n:  # 1 < 2, True
yield i * 2  # 1 * 2 = 2, 2
for x in gen(n):  # x = 2
total += x  # 0 + 2, total = 2
for x in gen(n):  # call
yield i * 2  # resumed
i += 1  # 1 + 1, i = 2
while i < n:  # 2 < 2, False
for x in gen(n):  # end
return total  # 2"""
SENT = """def f(n):
    def inner():
        for i in range(n):
            x = (yield i) or 5
    g = inner()
    out = [next(g)]
    out.append(g.send(7))
    return out"""
SENT_TOLD = """def f(n):  # n = 3
def inner():
g = inner()  # g = <generator inner>
out = [next(g)]  # call
def inner():  # n = 3
for i in range(n):  # i = 0
x = (yield i) or 5  # 0
out = [next(g)]  # next 0, out = [0]
out.append(g.send(7))  # call
x = (yield i) or 5  # resumed, x = 7
for i in range(n):  # i = 1
x = (yield i) or 5  # 1
out.append(g.send(7))  # send 1, out = [0, 1]
return out  # [0, 1]"""
DELEGATES = """def a():
    yield 1
    return 5

def f(n):
    def b():
        r = yield from a()
        yield r
    return list(b())"""
DELEGATES_TOLD = """def f(n):  # n = 1
def b():
return list(b())  # call
def b():
r = yield from a()  # call
def a():
yield 1  # 1
r = yield from a()  # 1
r = yield from a()  # resumed, call
yield 1  # resumed
return 5  # 5
r = yield from a()  # r = 5
yield r  # 5
yield r  # resumed
return list(b())  # [1, 5]"""
LEFT_EARLY = """def gen(n):
    try:
        for i in range(n):
            yield i
    finally:
        print('bye')

def f(n):
    for x in gen(n):
        if x:
            break
    return x"""
LEFT_EARLY_TOLD = """def f(n):  # n = 3
for x in gen(n):  # call
def gen(n):  # n = 3
try:
for i in range(n):  # i = 0
yield i  # 0
for x in gen(n):  # x = 0
if x:  # False
for x in gen(n):  # call
yield i  # resumed
for i in range(n):  # i = 1
yield i  # 1
for x in gen(n):  # x = 1
if x:  # True
break  # call
yield i  # resumed
print('bye')  # prints 'bye\\n'
break
return x  # 1"""
THROWN_AWAY = """def f(n):
    def count(k):
        while True:
            yield k
            k += n
    for x in count(1):
        return x"""
THROWN_AWAY_TOLD = """def f(n):  # n = 3
def count(k):
for x in count(1):  # call
def count(k):  # k = 1, n = 3
while True:  # True
yield k  # 1
for x in count(1):  # x = 1
return x  # 1"""


@pytest.mark.parametrize(
    ("code", "given", "told"),
    [
        (GOES_ON, "2", GOES_ON_TOLD),
        (SENT, "3", SENT_TOLD),
        (DELEGATES, "1", DELEGATES_TOLD),
        (LEFT_EARLY, "3", LEFT_EARLY_TOLD),
        (THROWN_AWAY, "3", THROWN_AWAY_TOLD),
    ],
)
def test_a_generator_is_told_as_one_run_that_rests(code: str, given: str, told: str) -> None:
    run = trace(code, "function", "f", given)
    assert narrate(code, run) == told
    calls = [step for step in run.steps if code.split("\n")[step.line - 1].startswith("def ")]
    assert len({step.frame for step in calls}) == len(calls)  # none is entered twice


def test_an_exception_inside_is_told_where_it_happens() -> None:
    code = "def f(n):\n    def b(k):\n        yield k\n        raise ValueError\n    return sum(b(n))"
    run = trace(code, "function", "f", "3")
    assert run.raised == "ValueError"
    assert [step.line for step in run.steps if step.raised] == [4, 5]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("(x for x in [1])", "<generator <genexpr>>"),
        ("map(str, [1])", "<map>"),
        ("iter([1])", "<list_iterator>"),
        ("[lambda: 1, len]", "[<function <lambda>>, <built-in function len>]"),
        ("[[].append]", "[<method append>]"),
        ("'at 0x7f'", "'at 0x7f'"),
    ],
)
def test_a_value_with_an_address_is_told_without_it(value: str, text: str) -> None:
    run = trace(f"def f():\n    v = {value}\n    return 1", "function", "f", "")
    assert run.steps[1].changes == {"v": text}


def test_an_outcome_with_an_address_has_its_own_reason() -> None:
    with pytest.raises(TraceRejected, match="without a repr"):
        trace("def f():\n    return iter([1])", "function", "f", "")
