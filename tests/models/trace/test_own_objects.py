"""Telling small steps runs nothing of a program's own: its objects are asked as often as without."""

from __future__ import annotations

import builtins

import pytest

from models.trace.tracer import trace
from models.trace.types import TraceLimits
from tests.models.trace.test_speller import facts

UNHURRIED = TraceLimits(seconds=60.0)
COUNTED = ("repr", "eq", "hash", "len", "contains", "iter", "lt", "index")
PARENTS = {"P": "Value", "Int": "int", "Text": "str", "List": "list", "Table": "dict", "Tuple": "tuple", "Set": "set"}
"""Classes of the program whose methods count their calls, and what they inherit them from."""
VALUE = """from collections import Counter
CALLS = Counter()
class Value:
    def __init__(self, x): self.x = x
    __repr__ = lambda self: f'P{self.x}'
    __eq__ = lambda self, other: self.x == getattr(other, 'x', other)
    __hash__ = lambda self: hash(self.x)
    __len__ = lambda self: self.x
    __contains__ = lambda self, other: other == self.x
    __iter__ = lambda self: iter(range(self.x))
    __lt__ = lambda self, other: self.x < getattr(other, 'x', other)
    __index__ = lambda self: self.x
    __add__ = lambda self, other: P(self.x + other)
"""
BODIES = """
ps[::2]
tuple(ps)[::3]
ps[4]
ps[-4]
ps[1:5]
[[p] for p in ps][::2]
[(1, p) for p in ps][3]
[Int(p.x) for p in ps][::2]
([ps] * 6)[4]
[1, 2, 3, 4, 5, 6][P(3)]
[1, 2, 3, 4, 5, 6][::P(2)]
'abcdefgh'[P(3)]
'abcdefgh'[P(1):P(5)]
'abcdefgh'[::Int(2)]
List(ps)[4]
List(ps)[::2]
Text('abcdefgh')[4]
Text('abcdefgh')[::2]
Tuple(ps)[::2]
Table.fromkeys(range(6))[4]
P(3) in ps
3 in ps
P(3) in [1, 2, 3, 4, 5, 6]
Int(3) in [1, 2, 3, 4, 5, 6]
P(3) in (1, 2, 3, 4, 5, 6)
P(3) in {1, 2, 3, 4, 5, 6}
P(3) in set(ps)
3 in set(ps)
3 in dict.fromkeys(ps)
P(3) in dict.fromkeys(range(6))
(3, P(3)) in [(n, n) for n in range(6)]
3 in P(5)
Text('c') in 'abcdefgh'
'c' in Text('abcdefgh')
3 in List(range(6))
3 in Set(range(6))
3 in Table.fromkeys(range(6))
[P(1)] * 6
'-' * P(8)
'-' * Int(8)
Text('-') * 8
len(ps)
len(P(7))
len(set(ps))
len(dict.fromkeys(ps))
len(List(ps))
len(Set(ps))
len(Table.fromkeys(ps))
len(Text('abcdefgh'))
sorted(ps)
sorted(ps, key=len)
sorted(ps, key=dict.fromkeys(ps, 1).get)
sorted(ps, reverse=P(1))
sorted([3, 1, 2, 5, 4], reverse=P(0))
sorted(P(6))
sorted([Int(p.x) for p in ps])
sorted([Text('ab'), 'c', 'd', 'e', 'f'])
sorted(List([3, 1, 2, 5, 4]))
sorted(set(ps))
sorted(dict.fromkeys(ps))
sorted(dict.fromkeys(ps).keys())
sorted(Table.fromkeys(range(6)))
sorted(Table.fromkeys(range(6)).keys())
sorted([2, 1, 3, 5, 4], key={P(1): 1, P(2): 2, P(3): 3, P(4): 4, 5: 5}.get)
max(ps)
max(ps, default=P(0))
max([1, 2, 3, 4, 5], default=P(0))
max([1, 2, 3, 4, 5], key={P(1): 1, P(2): 2, P(3): 3, P(4): 4, 5: 5}.get)
max([1, 2, 3, 4, 5], key=dict.fromkeys(range(6), P(1)).get)
min(ps, key=len)
min(List([3, 1, 2, 5, 4]))
max([Int(p.x) for p in ps])
set(ps)
set(P(6))
list(reversed(ps))
list(reversed(List(ps)))
ps.index(P(3))
ps.index(3)
[0, 1, 2, 3, 4, 5].index(P(3))
[(n,) for n in range(6)].index((P(3),))
[Int(n) for n in range(6)].index(3)
List(ps).index(3)
ps.count(P(3))
ps.count(3)
[0, 1, 2, 3, 4, 5].count(P(3))
[0, 1, 2, 3, 4, 5].count(Int(3))
tuple(ps).count(3)
ps.pop(P(3))
ps.pop(3)
ps.insert(P(3), 1)
ps.insert(4, P(3))
ps.sort()
ps.sort(key=len)
'abcdefgh'.find('e', P(1))
'abcdefgh'.find(Text('e'))
Text('abcdefgh').count('e')
'abcdefgh'.replace(Text('cd'), Text('x'))
[p for p, _ in dict.fromkeys(ps).items()]
sum(len(one) for one in dict.fromkeys(range(3), ps).values())
list(dict.fromkeys(ps, 0).keys())[4]
[len(p) for p in ps]
[p in ps for p in ps[:2]]
[ps.count(p) for p in ps[:2]]
[int(p) for p in ps]
p = ps[0]; p += 100
n = 100; n += P(200).x
xs = [100]; xs += ps
xs = [ps[0]]; xs[0] += 100
"""


def counting(name: str, parent: str) -> str:
    """A class of which each method counts its calls, and does what that of its parent does."""
    methods = [m for m in COUNTED if parent == "Value" or getattr(getattr(builtins, parent), f"__{m}__", None)]
    source = f"class {name}({parent}):\n"
    for method in methods:
        source += f"    def __{method}__(self, *args):\n        CALLS['{method}'] += 1\n"
        source += f"        return {parent}.__{method}__(self, *args)\n"
    return source


OBJECTS = VALUE + "".join(counting(*names) for names in PARENTS.items())


@pytest.mark.parametrize("body", BODIES.split("\n")[1:-1])
def test_objects_are_asked_as_often(body: str) -> None:
    line = body if " = " in body else f"x = {body}"
    code = f"{OBJECTS}def f(n):\n    ps = [P(i) for i in range(n)]\n    {line}\n    return dict(CALLS)\n"
    run = trace(code, "function", "f", "6", UNHURRIED)
    assert run.raised is None and "'repr': " in (run.output or "")
    for workings in ("spelled", "stepped"):
        assert facts(trace(code, "function", "f", "6", UNHURRIED, workings=workings)) == facts(run)
