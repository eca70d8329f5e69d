"""A program with its helpers outside does what it did, and only helpers that need nothing from within are there."""

from __future__ import annotations

import ast
from collections import Counter
from random import Random

import pytest

from models.programs.wide.outside import outside
from models.sandbox import Job, Limits, Sandbox
from workers.pipeline.types import IOTest


def program(*body: str) -> str:
    return "\n    ".join(["def f(a):", *body])


ALONE = {
    "a helper": program("def g(x):", "    return x + 1", "return g(a) * 2"),
    "a recursive one": program("def g(x):", "    return 1 if x < 1 else x * g(x - 1)", "return g(a)"),
    "one that helps the other": program(
        "def g(x):", "    return x % 3", "def h(x):", "    return g(x) + g(x + 1)", "return h(a)"
    ),
    "an import": program("import math", "return math.gcd(a, 12)"),
    "one that needs an import": program(
        "from math import gcd as q", "def g(x):", "    return [q(y, 4) for y in range(x)]", "return g(a)"
    ),
    "a function in it": program(
        "def g(x):", "    def h(y):", "        return x + y", "    return h(1)", "return list(map(g, [a]))"
    ),
    "a default": program("def g(x, k=2):", "    return x * k", "return g(a) + g(a, k=3)"),
}
BOUND = {
    "a variable": program("b = a + 1", "def g(x):", "    return x + b", "return g(a)"),
    "a parameter, deeper": program("def g(x):", "    return [y for y in range(x) if y < a - 1]", "return g(a)"),
    "a counter": program("k = 0", "def g(x):", "    nonlocal k", "    k += x", "g(a)", "return k"),
    "one that is bound": program("def g(x):", "    return x + a", "def h(x):", "    return g(x)", "return h(a)"),
    "another of its name": program(
        "def g(x):", "    return x", "b = g(a)", "def g(x):", "    return x + b", "return g(a)"
    ),
    "a default from within": program("b = a * 2", "def g(x, k=b):", "    return x + k", "return g(1)"),
    "a name that is bound besides": program("def g(x):", "    return x + 1", "if a > 9:", "    g = abs", "return g(a)"),
    "its name as a parameter": program("def g(x):", "    return x + 1", "return (lambda g: g + 1)(g(a))"),
}
SEEDS = 40


def drawn(code: str) -> set[str]:
    return {outside(code, Random(seed)) for seed in range(SEEDS)}


def functions(code: str) -> list[str]:
    return [node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("code", [*ALONE.values(), *BOUND.values()], ids=[*ALONE, *BOUND])
def test_it_does_the_same_wherever_things_stand(code: str) -> None:
    tests = tuple(IOTest(str(n)) for n in range(4))
    limits = Limits(seconds=5.0)
    with Sandbox() as sandbox:
        before, *after = sandbox.map([Job(one, tests, "function", "f") for one in (code, *drawn(code))], limits)
    assert all(result.output for result in before)
    assert all([run.output for run in runs] == [run.output for run in before] for runs in after)


@pytest.mark.parametrize("code", BOUND.values(), ids=[*BOUND])
def test_what_needs_something_from_within_stays(code: str) -> None:
    assert {tuple(functions(one)) for one in drawn(code)} == {("f",)}


@pytest.mark.parametrize("code", ALONE.values(), ids=[*ALONE])
def test_what_stands_alone_is_before_the_function_at_times_and_within_at_others(code: str) -> None:
    places = Counter(len(ast.parse(outside(code, Random(seed))).body) for seed in range(SEEDS))
    assert len(places) > 1
    assert all(functions(one)[-1] == "f" for one in drawn(code))


def test_helpers_have_names_of_their_own() -> None:
    made = Counter(name for one in drawn(ALONE["a helper"]) for name in functions(one))
    assert "g" not in made
    assert len(made) > 10


def test_a_function_alone_is_left_as_it_is() -> None:
    code = "def f(a):\n    return (a,)  # as it was"
    assert drawn(code) == {code}
