"""Programs with what the language has, by hand: whatever a version of Python tells its tracers differently is here."""

from __future__ import annotations

FUNCTIONS: list[tuple[str, str]] = [
    # comprehensions
    ("def f(xs):\n    x = 'kept'\n    a = [x * x for x in xs if x > 1]\n    b = {(x, y) for x in xs for y in xs}\n"
     "    c = {x: [y for y in range(x)] for x in xs}\n    return (x, a, len(b), c, sum((x for x in xs)))", "[1, 2, 3]"),
    ("def f(n):\n    return [[i * j for j in range(i)] for i in range(n) if i % 2]", "5"),
    ("def f(xs):\n    return [y for x in xs if (y := x * 2) > 2], y", "[1, 2, 3]"),
    ("def f(n):\n    fs = [lambda k, i=i: i + k for i in range(n)]\n    return [g(10) for g in fs]", "3"),
    ("def f(xs):\n    try:\n        return [10 // x for x in xs]\n    except ZeroDivisionError:\n        return 'zero'",
     "[1, 0]"),
    ("def f(n):\n\n    def g(x):\n        return x + 1\n    return [g(x) for x in range(n) if g(x) % 2]", "4"),
    ("def f(d):\n    return dict(sorted(((v, k) for k, v in d.items()), reverse=True))", "{'a': 1, 'b': 2}"),
    # generators
    ("def f(n):\n\n    def g():\n        for i in range(n):\n            yield i\n    t = 0\n    for x in g():\n"
     "        t += x\n    return t", "3"),
    ("def g(n):\n    got = (yield n)\n    while got:\n        got = (yield (got * 2))\n    return 'over'\n\ndef f(n):\n"
     "    it = g(n)\n    out = [next(it), it.send(3)]\n    try:\n        it.send(0)\n"
     "    except StopIteration as stop:\n"
     "        out.append(stop.value)\n    return out", "1"),
    ("def a(n):\n    yield from range(n)\n    return n\n\ndef b(n):\n    r = (yield from a(n))\n    yield (r * 10)\n\n"
     "def f(n):\n    return list(b(n))", "2"),
    ("def g(n):\n    try:\n        yield n\n        yield (n + 1)\n    finally:\n        print('closed')\n\ndef f(n):\n"
     "    for x in g(n):\n        break\n    return x", "1"),
    ("def g(n):\n    try:\n        yield n\n    except ValueError:\n        yield (-n)\n\ndef f(n):\n    it = g(n)\n"
     "    return [next(it), it.throw(ValueError('x'))]", "4"),
    ("def f(n):\n    squares = (x * x for x in range(n))\n    first = next(squares)\n"
     "    return (first, list(squares))", "4"),
    # classes
    ("class P:\n    kind = 'point'\n\n    def __init__(self, x, y):\n        self.x = x\n        self.y = y\n\n"
     "    def __add__(self, other):\n        return P(self.x + other.x, self.y + other.y)\n\n    def __repr__(self):\n"
     "        return f'P({self.x}, {self.y})'\n\ndef f(n):\n    p = P(n, 1) + P(2, 3)\n    p.x += 1\n"
     "    return str(p)", "1"),
    ("class A:\n\n    def go(self):\n        return ['A']\n\nclass B(A):\n\n    def go(self):\n"
     "        return ['B'] + super().go()\n\ndef f(n):\n    return B().go() * n", "2"),
    ("class C:\n\n    def __init__(self, n):\n        self._n = n\n\n    @property\n    def n(self):\n"
     "        return self._n\n\n"
     "    @staticmethod\n    def twice(x):\n        return x * 2\n\n    @classmethod\n    def make(cls, n):\n"
     "        return cls(n + 1)\n\ndef f(n):\n    c = C.make(n)\n    return (c.n, C.twice(n))", "3"),
    ("def f(n):\n\n    class Counter:\n        seen = [i for i in range(n)]\n\n        def __len__(self):\n"
     "            return len(self.seen)\n    return len(Counter())", "3"),
    ("class D:\n\n    def __init__(self):\n        self.items = []\n\n    def __iter__(self):\n"
     "        yield from self.items\n\n"
     "    def __getitem__(self, i):\n        return self.items[i]\n\ndef f(n):\n    d = D()\n    d.items.append(n)\n"
     "    d.items.extend([n] * 2)\n    return (list(d), d[0])", "7"),
    # try, with, raise
    ("def f(n):\n    out = []\n    try:\n        out.append(10 // n)\n    except ZeroDivisionError as error:\n"
     "        out.append(str(error))\n    else:\n        out.append('else')\n    finally:\n        out.append('end')\n"
     "    return out", "0"),
    ("def f(n):\n    try:\n        return 1 // n\n    finally:\n        n = 5", "2"),
    ("def f(n):\n    try:\n        return 1 // n\n    finally:\n        n = 5", "0"),
    ("def f(n):\n    for i in range(n):\n        try:\n            if i == 1:\n                continue\n"
     "            if i == 3:\n                break\n        finally:\n            print(i)\n    return i", "6"),
    ("def f(n):\n    try:\n        try:\n            raise KeyError(n)\n        except KeyError as error:\n"
     "            raise ValueError('wrapped') from error\n    except ValueError as error:\n"
     "        return type(error.__cause__).__name__", "1"),
    ("class W:\n\n    def __enter__(self):\n        return 'in'\n\n    def __exit__(self, kind, error, at):\n"
     "        return kind is ValueError\n\ndef f(n):\n    with W() as w:\n        if n:\n            raise ValueError\n"
     "        return w\n    return 'swallowed'", "1"),
    ("class W:\n\n    def __enter__(self):\n        return 'in'\n\n    def __exit__(self, kind, error, at):\n"
     "        return kind is ValueError\n\ndef f(n):\n    with W() as w:\n        if n:\n            raise ValueError\n"
     "        return w\n    return 'swallowed'", "0"),
    ("def f(n):\n    assert n > 1, 'too small'\n    return n", "1"),
    ("def g(n):\n    raise LookupError(n)\n\ndef f(n):\n    try:\n        g(n)\n    finally:\n        n += 1", "1"),
    ("def f(n):\n    try:\n        raise ExceptionGroup('g', [ValueError(1), KeyError(2)])\n"
     "    except* ValueError as e:\n"
     "        n += 1\n    except* KeyError:\n        n += 10\n    return n", "0"),
    # f-strings and other expressions
    ("def f(x, s):\n    w = 8\n    return f'{x:>{w}.2f}|{s!r:^7}|{x + 1 =}|{{}}|{len(s) if s else None}'", "2.5, 'ab'"),
    ("def f(n):\n    a = b = n\n    a, (b, *c) = (1, (2, 3, 4))\n    [d, e] = 'xy'\n    return (a, b, c, d, e)", "0"),
    ("def f(n):\n    return 'a' if n > 2 else 'b' if n else 'c'", "1"),
    ("def f(a, b, c):\n    return a < b < c, a < b and b > c or not c, a is None", "1, 2, 3"),
    ("def f(*args, k=2, **more):\n    return (sum(args) * k, sorted(more))", "1, 2, k=3, z=1"),
    ("def f(a, /, b, *, c=3):\n    return [*range(a), *[b], c]", "2, 5"),
    ("def f(s):\n    while (n := len(s)) > 2:\n        s = s[1:]\n    return (n, s)", "'abcde'"),
    ("def f(xs):\n    xs[0], xs[-1] = xs[-1], xs[0]\n    xs[1:3] = []\n    del xs[0]\n    return xs", "[1, 2, 3, 4]"),
    ("def f(n):\n    return [x for x in (i if i % 2 else -i for i in range(n))][::-1]", "4"),
    ("def f(xs):\n    return max(xs, key=lambda p: (p[1], -p[0]))", "[(1, 2), (3, 2), (0, 1)]"),
    # control flow
    ("def f(n):\n    while n > 0:\n        n -= 2\n        if n == 1:\n            break\n    else:\n"
     "        return 'else'\n"
     "    return 'break'", "4"),
    ("def f(xs):\n    for x in xs:\n        if x < 0:\n            break\n    else:\n        x = 'none'\n"
     "    return x", "[]"),
    ("def f(xs):\n    for i, (a, b) in enumerate(zip(xs, xs[1:])):\n        if a > b:\n            return i\n"
     "    return -1",
     "[1, 3, 2]"),
    ("def f(n):\n    while True:\n        n += 1\n        if n % 5 == 0 and n % 3 == 0:\n            return n", "9"),
    ("def f(n):\n    while n != 0:\n        n -= 2\n    return n", "3"),
    ("def f(x):\n    match x:\n        case 0:\n            return 'zero'\n        case [a, *rest] if rest:\n"
     "            return (a, rest)\n        case {'k': v, **more}:\n            return (v, more)\n"
     "        case str() | None:\n"
     "            return 'text'\n        case _:\n            return 'other'", "{'k': 1, 'z': 2}"),
    ("def f(x):\n    match x:\n        case [1, y] | [y, 1]:\n            y += 1\n        case (int(a), str() as b):\n"
     "            y = b * a\n        case _:\n            pass\n    return y", "(2, 'ab')"),
    ("class P:\n    __match_args__ = ('x', 'y')\n\n    def __init__(self, x, y):\n        self.x = x\n"
     "        self.y = y\n\n"
     "def f(n):\n    match P(n, 2):\n        case P(0, y):\n            return y\n        case P(x, y=2):\n"
     "            return x",
     "5"),
    # closures, globals, decorators, recursion
    ("def f(n):\n    total = 0\n\n    def add(k):\n        nonlocal total\n        total += k\n        return total\n"
     "    return [add(i) for i in range(n)]", "3"),
    ("calls = []\n\ndef log(g):\n\n    def inner(*args):\n        calls.append(args)\n        return g(*args)\n"
     "    return inner\n\n"
     "@log\ndef double(x):\n    return 2 * x\n\ndef f(n):\n    return (double(n) + double(n + 1), calls)", "1"),
    ("count = 0\n\ndef f(n):\n    global count\n    count += 1\n    return count if n == 0 else f(n - 1)", "3"),
    ("def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n\ndef f(n):\n    return fib(n)", "4"),
    ("from functools import lru_cache, reduce\n\n@lru_cache(None)\ndef g(n):\n"
     "    return 1 if n < 1 else n * g(n - 1)\n\n"
     "def f(n):\n    return reduce(lambda a, b: a + b, map(g, range(n)))", "4"),
    ("from collections import Counter, defaultdict\n\ndef f(s):\n    d = defaultdict(list)\n"
     "    for i, c in enumerate(s):\n"
     "        d[c].append(i)\n    return (Counter(s).most_common(1), dict(d))", "'abca'"),
    ("from dataclasses import dataclass\n\n@dataclass\nclass P:\n    x: int\n    y: int = 2\n\ndef f(n):\n"
     "    p = P(n)\n"
     "    return (p == P(1, 2), p.x + p.y)", "1"),
    ("from itertools import accumulate, groupby\n\ndef f(xs):\n    runs = [(k, len(list(g))) for k, g in groupby(xs)]\n"
     "    return (runs, list(accumulate(xs)))", "[1, 1, 2]"),
    # errors that escape
    ("def f(n):\n    return undefined + n", "1"),
    ("def f(n):\n    if n:\n        x = 1\n    return x", "0"),
    ("def f(n):\n    return 'a' + n", "1"),
    ("def f(n):\n    return [x.bad for x in range(n)]", "2"),
    ("def f(n):\n    return f(n + 1)", "0"),
]  # fmt: skip
SCRIPTS: list[tuple[str, str]] = [
    ("n = int(input())\nfor _ in range(n):\n    a, b = map(int, input().split())\n"
     "    print(a + b, end=';')", "2\n1 2\n3 4\n"),
    ("while True:\n    try:\n        line = input()\n    except EOFError:\n        break\n"
     "    print(line[::-1])", "ab\ncd"),
    ("def g(x):\n    return x + 1\nif __name__ == '__main__':\n    print(*[g(x) for x in range(3)], sep='-')", ""),
    ("xs = [int(x) for x in input().split()]\nx = 'kept'\nprint({x: x * x for x in xs}, x)", "1 2"),
    ("class A:\n    n = 1\n\n    def go(self):\n        print(self.n)\nA().go()\ntry:\n    print(1 // 0)\n"
     "finally:\n    print('end')",
     ""),
    ("import sys\nprint('a')\nsys.exit()", ""),
    ("import math\nprint(math.gcd(12, 18), f'{math.pi:.3f}', 7 // -2, -7 % 3)", ""),
]  # fmt: skip
