"""Each shape is seen where it is and not where it only seems to be."""

from __future__ import annotations

import ast

import pytest

from models.programs.frequencies import Figures
from models.programs.shapes import SHAPES, names, shapes

SEEN = {
    "a repetition": ("r = [0] * n", "r = n * m"),
    "an item's index": ("for y in d.items():\n    r[y[1]] = y[0]", "for y, q in d.items():\n    r[q] = l[0]"),
    "a nest of calls": ("return ''.join(reversed(s.strip()))", "return s.strip().lower()"),
    "a chained comparison": ("r = 0 < x < 9", "r = 0 < x and x < 9"),
    "and, or as value": ("return s or t", "if s or t:\n    pass"),
    "a tuple returned": ("return s, t", "s, t = t, s"),
    "an early return": ("if s:\n    return t\nreturn s", "if s:\n    s = t\nreturn s"),
    "a loop in a loop": ("for y in l:\n    while y:\n        y -= 1", "for y in l:\n    pass\nwhile y:\n    y -= 1"),
    "a range with steps": ("r = range(9, 0, -2)", "r = range(0, 9)"),
    "a number below zero": ("r = -3", "r = x - 3"),
    "a parameter not used": ("def f(s, t):\n    return s", "def f(s, t):\n    return s + t"),
    "a name with a digit": ("s2 = 1", "s = 2"),
    "a name with _": ("new_s = 1", "_ = 1"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_told_from_what_is_near_it(shape: str) -> None:
    has, has_not = (ast.parse(code) for code in SEEN[shape])
    assert shape in shapes(has)
    assert shape not in shapes(has_not)


def test_names_are_those_of_parameters_and_variables() -> None:
    code = "def f(s, t2):\n    q = len(s)\n    q += 1\n    return [y for y in t2 if y]"
    assert sorted({*names(ast.parse(code))}) == ["q", "s", "t2", "y"]


def test_figures_say_how_many_names_are_in_one_program_alone() -> None:
    figures = Figures()
    for code in ("def f(s, own):\n    return s", "def f(s):\n    return s"):
        figures.add(code, "1", None)
    table = figures.table()
    assert table["% with a parameter not used"] == 50
    assert table["names, % of one program"] == pytest.approx(100 / 3)
