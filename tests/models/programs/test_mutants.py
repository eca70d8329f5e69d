"""Mutants differ in one place, parse, repeat with their seed, and cover every operator."""

from __future__ import annotations

import ast
from random import Random

import pytest

from models.programs import broad
from models.programs.mutants import mutants

PROGRAM = """def f(nums, k):
    total = 0
    for i in range(len(nums)):
        if nums[i] > k and k:
            total += nums[i]
        elif nums[i] == 0:
            total -= 1
    names = sorted([x.lower() for x in 'AB'])
    names.append(str(total)[::-1])
    while total > 9:
        total //= 2
    if not names:
        k = 1
    return names[-1] + names[0] if total else str(k)
"""
OPERATORS = {
    "off by one", "wrong operator", "swapped branch", "negated", "missing case", "missing line", "wrong method",
    "wrong function", "wrong variable", "wrong end", "too early",
}  # fmt: skip


def test_every_operator_has_its_mutants() -> None:
    assert {m.operator for m in mutants(PROGRAM, Random(0))} | {
        m.operator for m in mutants("def f(xs):\n    for x in xs:\n        x += 1\n    return x", Random(0))
    } == OPERATORS


@pytest.mark.parametrize(
    ("code", "operator", "mutant"),
    [
        ("x = 3", "off by one", "x = 4"),
        ("for i in range(n):\n    print(i)", "off by one", "for i in range(n - 1):\n    print(i)"),
        ("y = a < b", "wrong operator", "y = a <= b"),
        ("if a:\n    b()\nelse:\n    c()", "swapped branch", "if a:\n    c()\nelse:\n    b()"),
        ("if a:\n    b()", "negated", "if not a:\n    b()"),
        ("if a:\n    b()\nelse:\n    c()", "missing case", "if a:\n    b()"),
        ("if a:\n    b()", "missing case", "b()"),
        ("a()\nb = 1", "missing line", "b = 1"),
        ("y = s.lower()", "wrong method", "y = s.upper()"),
        ("xs.append(y)", "wrong method", "xs.insert(0, y)"),
        ("y = max(a, b)", "wrong function", "y = min(a, b)"),
        ("y = sorted(a)", "wrong function", "y = sorted(a, reverse=True)"),
        ("def f(a, b):\n    return a", "wrong variable", "def f(a, b):\n    return b"),
        ("y = a[0]", "wrong end", "y = a[-1]"),
        ("y = a[-1]", "wrong end", "y = a[0]"),
        (
            "def f(a):\n    for x in a:\n        g(x)\n    return x",
            "too early",
            "def f(a):\n    for x in a:\n        g(x)\n        return x",
        ),
    ],
)
def test_what_each_operator_does(code: str, operator: str, mutant: str) -> None:
    assert (operator, mutant) in {(m.operator, m.code) for m in mutants(code, Random(0))}


def test_mutants_parse_differ_from_each_other_and_repeat() -> None:
    rng = Random("mutants")
    for _ in range(60):
        code = broad.draw(rng).code
        found = list(mutants(code, Random(7)))
        texts = [m.code for m in found]
        assert len(set(texts)) == len(texts)
        assert ast.unparse(ast.parse(code)) not in texts
        assert found == list(mutants(code, Random(7)))
        for mutant in found:
            ast.parse(mutant.code)
            assert 1 <= mutant.line <= code.count("\n") + 1


def test_what_is_no_python_has_none() -> None:
    assert list(mutants("def f(:", Random(0))) == []
