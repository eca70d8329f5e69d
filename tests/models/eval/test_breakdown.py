"""Classes of programs: what they use, and accuracy within each."""

from __future__ import annotations

import ast

from models.eval.breakdown import FEWEST, NONE, OTHER, breakdown, constructs, methods

LOOP = "def f(s):\n    for c in s.split():\n        print(len(c))\n    return s[1:]"
RECURSIVE = "def f(n):\n    return n * f(n - 1) if n else g(n)\n\ndef g(n):\n    return {n: n for n in [n]}"
OWN = "class A:\n    def pop(self):\n        return self.other()\n\ndef max(a):\n    return A().pop()\n\nmax(3)"


def test_methods_and_builtins_are_found_and_own_functions_are_not() -> None:
    assert set(methods(ast.parse(LOOP))) == {".split", "print", "len"}
    assert not set(methods(ast.parse(RECURSIVE))) | set(methods(ast.parse(OWN)))


def test_constructs_are_found() -> None:
    assert set(constructs(ast.parse(LOOP))) == {"for", "slice", "subscript"}
    assert set(constructs(ast.parse(RECURSIVE))) == {
        "recursion", "arithmetic", "conditional expression", "dict comprehension"
    }  # fmt: skip


def test_accuracy_is_that_of_the_class_and_the_worst_comes_first() -> None:
    programs = [(LOOP, "a\nb\nc", i % 2 == 0) for i in range(FEWEST)] + [(RECURSIVE, "a", True)] * FEWEST
    found = breakdown(programs)
    assert next(iter(found["by construct"].values())).mean == 0.5
    assert found["by construct"]["recursion"].mean == 1.0
    assert {name: value.n for name, value in found["by steps told"].items()} == {"1 to 2 lines": 8, "3 to 4 lines": 8}
    assert {name: value.mean for name, value in found["by code length"].items()} == {
        "61 to 100 characters": 0.75
    }


def test_rare_methods_are_put_together_and_a_program_counts_once_in_each_class() -> None:
    both = "def f(s):\n    return s.strip().title() + sorted(s)"
    rare = "def f(s):\n    return s.lower().upper()"
    programs = [(LOOP, "", False)] * FEWEST + [(both, "", True)] * (FEWEST - 1) + [(rare, "", False)]
    found = breakdown([*programs, *[("def f(s):\n    return s", "", True)] * FEWEST, ("def f(:", "", False)])
    assert list(found["by method"]) == [".split", "len", "print", OTHER, NONE]
    other = found["by method"][OTHER]
    assert (other.n, other.mean) == (FEWEST, (FEWEST - 1) / FEWEST)
    assert found["by method"][NONE].n == FEWEST


def test_a_class_too_small_to_tell_is_left_out() -> None:
    found = breakdown([(LOOP, "a", True)] * (FEWEST - 1))
    assert found == {"by method": {}, "by construct": {}, "by code length": {}, "by steps told": {}}
