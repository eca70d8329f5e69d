"""Classes of programs: what they use, and accuracy within each."""

from __future__ import annotations

from models.eval.breakdown import FEWEST, breakdown, uses

LOOP = "def f(s):\n    for c in s.split():\n        print(len(c))\n    return s[1:]"
RECURSIVE = "def f(n):\n    return n * f(n - 1) if n else g(n)\n\ndef g(n):\n    return {n: n for n in [n]}"


def test_methods_builtins_and_constructs_are_found_and_own_functions_are_not() -> None:
    assert uses(LOOP) == {"for", ".split", "print(", "len(", "slice", "subscript"}
    assert uses(RECURSIVE) == {"recursion", "arithmetic", "conditional expression", "dict comprehension"}
    assert uses("def f(:") == set()


def test_accuracy_is_that_of_the_class_and_the_worst_comes_first() -> None:
    programs = [(LOOP, "a\nb\nc", i % 2 == 0) for i in range(FEWEST)] + [(RECURSIVE, "a", True)] * FEWEST
    found = breakdown(programs)
    assert next(iter(found["by what it uses"].values())).mean == 0.5
    assert found["by what it uses"]["recursion"].mean == 1.0
    assert {name: value.n for name, value in found["by steps told"].items()} == {"1 to 2 lines": 8, "3 to 4 lines": 8}
    assert {name: value.mean for name, value in found["by code length"].items()} == {
        "61 to 100 characters": 0.75
    }


def test_a_class_too_small_to_tell_is_left_out() -> None:
    found = breakdown([(LOOP, "a", True)] * (FEWEST - 1))
    assert found == {"by what it uses": {}, "by code length": {}, "by steps told": {}}
