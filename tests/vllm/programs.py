"""Twenty small programs, each with an input: what two engines must agree on, right or wrong."""

from __future__ import annotations

from dataclasses import dataclass

from workers.pipeline.types import Io


@dataclass(frozen=True, slots=True)
class Run:
    """A program on one input."""

    code: str
    input: str
    io: Io = "function"


PROGRAMS = (
    Run("def f(a, b):\n    return a + b", "12, 7"),
    Run("def f(s):\n    return s.upper()", "'desk'"),
    Run("def f(s):\n    return s[::-1]", "'check'"),
    Run("def f(xs):\n    return max(xs) - min(xs)", "[4, 9, 1]"),
    Run("def f(xs):\n    total = 0\n    for x in xs:\n        total += x\n    return total", "[3, 5, 8]"),
    Run("def f(xs):\n    return [x * 2 for x in xs if x % 2 == 0]", "[1, 2, 3, 4]"),
    Run("def f(xs):\n    return sorted(set(xs))", "[3, 1, 3, 2]"),
    Run("def f(n):\n    while n > 10:\n        n = n // 2\n    return n", "97"),
    Run("def f(s):\n    n = 0\n    for c in s:\n        if c in 'aeiou':\n            n += 1\n    return n", "'an'"),
    Run("def f(d, k):\n    return d.get(k, 0) + 1", "{'a': 4, 'b': 2}, 'a'"),
    Run("def f(xs, k):\n    return xs[k]", "[1, 2], 5"),
    Run("def f(words):\n    return ' '.join(words)", "['one', 'two']"),
    Run("def f(n):\n    a, b = 0, 1\n    for i in range(n):\n        a, b = b, a + b\n    return a", "6"),
    Run("def f(xs):\n    s = 0\n    for x in xs:\n        if x > 2:\n            s += x\n    return s", "[2, 3, 5]"),
    Run("def f(a, b):\n    return a // b", "5, 0"),
    Run("def f(t):\n    x, y = t\n    return y, x", "(1, 'z')"),
    Run("n = int(input())\nprint(n * n)", "9\n", "stdio"),
    Run("a, b = map(int, input().split())\nprint(max(a, b))", "14 8\n", "stdio"),
    Run("n = int(input())\nfor i in range(n):\n    print(i)", "3\n", "stdio"),
    Run("s = input()\nprint(s.count('a'), len(s))", "abracadabra\n", "stdio"),
)
