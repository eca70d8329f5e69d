"""Whole programs that find out if they are run otherwise than they say."""

from __future__ import annotations

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
        yield 3
    a, b = g(), g()
    return [next(a), next(b), a.send(5), b.send(6), a.send(7), next(a, 'end'), d]
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
    async def g(k=2):
        for i in range(k):
            yield i
    async def all_of_them():
        pairs = [[x async for x in g()] for _ in range(2)]
        nested = {k: {x async for x in g(k)} for k in [y for y in range(3)]}
        return pairs, nested, [x async for x in g()], [[[x async for x in g()] for _ in 'a'] for _ in 'ab']
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
def f(n: Missing[int]):  # raises NameError
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
----
LOG = []

class Own:
    __module__ = 'elsewhere'
    def __init__(self, x):
        self.x = x
    def __lt__(self, other):
        LOG.append('lt')
        return self.x < other.x

def f(n):
    s = {Own(2), Own(1)}
    return LOG
----
from dataclasses import make_dataclass

LOG = []

class Rank:
    def __lt__(self, other):
        LOG.append('lt')
        return True

Held = make_dataclass('Held', ['rank'], order=True, frozen=True)

def f(n):
    s = {Held(Rank()), Held(Rank())}
    return LOG
----
LOG = []

class Hidden:
    @property
    def __dict__(self):
        LOG.append('dict')
        return {}

class Odd(Hidden):
    pass

def f(n):
    one, other = Hidden(), Odd()
    return LOG
----
LOG = []

class Meta(type):
    def __getattribute__(cls, name):
        LOG.append(name)
        return type.__getattribute__(cls, name)

class A(metaclass=Meta):
    pass

def f(n):
    a = A()
    s = {a, A()}
    return LOG
----
LOG = []

class Attributes(dict):
    def items(self):
        LOG.append('items')
        return dict.items(self)

class A:
    pass

def f(n):
    a = A()
    a.__dict__ = Attributes(x=n)
    return a.x, LOG
----
LOG = []

class Names(dict):
    def __getitem__(self, name):
        LOG.append(name)
        return dict.__getitem__(self, name)

class Meta(type):
    def __prepare__(name, bases):
        return Names()

class A(metaclass=Meta):
    x = 1
    x += 2
    y = sum([x, x]) + max(x, 2 * x)
    z = [x for x in range(3)], {2: y}[2]
    z[1:] and LOG.append('z')
    for i in range(2):
        z += (i,)
    class B:
        x = 2 * 3
    def double(self):
        self.x += 1
        return self.x * 2

class B(A):
    x = 3
    x += 2 * x
    half = lambda self: self.x // 2

def f(n):
    return LOG, A.x, A.y, A.z, A.B.x, A().double(), B.x, B().half()
----
def f(n):
    seen, items = [], list(range(n))
    for x in items:
        seen.append(x)
        if x % 2 and len(items) < 12:
            items.append(x * 2)
    for x in reversed(items):
        if items:
            items.pop()
        seen.append(x)
    for i, x in enumerate(seen, 3):
        seen[i % len(seen)] = x
    return seen, items
----
def f(n):  # raises RuntimeError
    d = dict.fromkeys(range(n))
    for k in d:
        d[k + n] = k
----
def f(n):  # raises TypeError
    for i, x in enumerate(n):
        pass
----
def f(n):  # raises ValueError
    out = []
    for a, b in zip([1, 2, 3, 4, 5, 6], [(7, 8)] * 6):
        (a, b) = b
        for c, d in zip('abcdefg', [[1, 2], [3]] * 3):
            c, d = d
----
class Shy:
    def __init__(self, items):
        self.items = items
    def __len__(self):
        raise KeyError
    def __iter__(self):
        return iter(self.items)
    def join(self, items):
        return [*items]

def enumerate(items):
    return [(x, x) for x in items]

def zip(*items):
    yield from items

def f(n):
    out = []
    for a, b in enumerate(Shy('abcdef')):
        out.append(a + b)
    for a in zip(1, 2, 3, 4, 5, 6):
        out.append(a)
    for a in Shy([1, 2, 3, 4, 5]):
        out.append(Shy(()).join(x for x in [a, a]))
    return out
----
LOG = []

def g(n):
    for i in range(n):
        LOG.append(('made', i))
        yield 'ab'[i % 2]

def f(n):
    text = '-'.join(g(n)) + ''.join(map(str, g(n))) + ','.join(x for x in 'abcdef' if not LOG.append(x))
    try:
        ''.join(x if x else 0 for x in [*'abcde', ''])
    except TypeError:
        LOG.append('not joined')
    try:
        ''.join(1 // x for x in [1, 0])
    except ZeroDivisionError:
        LOG.append('not made')
    return text, LOG, ''.join(reversed(text)), 'a'.join(*['xyzzy'])
"""
"""Whole programs, told apart by lines of dashes; what they raise, if so."""
