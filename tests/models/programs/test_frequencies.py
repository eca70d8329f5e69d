"""Figures are counted as they say, and two sources of programs can be told apart by them."""

from __future__ import annotations

import pytest

from models.programs.frequencies import Figures, compared, done, parts
from models.trace.tracer import trace
from models.trace.types import Trace

CODE = "def f(s, l):\n    r = s.strip().replace('a', 'b')\n    r = l[4] + l[-1]\n    while s.find('x') > 2:\n        return s[3:5]\n    return len(s) % 2"  # noqa: E501
GIVEN = "' abcdefx', [1, 2, 3, 4, 5, 6]"


def run(code: str, given: str) -> Trace:
    return trace(code, "function", "f", given, workings="spelled")


def test_parts_are_methods_functions_operators_and_constructs() -> None:
    assert parts(CODE) == {".strip", ".replace", "an index", "+", "While", ".find", ">", "a slice", "len()", "%"}


def test_a_method_is_told_apart_by_whether_it_gives_the_line_its_value() -> None:
    found = list(done(CODE, run(CODE, GIVEN)))
    assert sorted(found) == [".find inside", ".replace as value", ".strip inside", "far index", "far slice"]


def test_near_indices_and_short_values_are_not_far() -> None:
    code = "def f(l):\n    return l[1] + l[-2] + l[2:][0]"
    assert list(done(code, run(code, "[1, 2, 3, 4]"))) == []


def test_every_round_of_a_loop_counts() -> None:
    code = "def f(s):\n    r = ''\n    for q in range(len(s)):\n        r += s[q]\n    return r"
    assert list(done(code, run(code, "'abcdefg'"))).count("far index") == 4  # of seven, three are near


def test_figures_are_per_hundred_programs_and_sizes_in_quarters() -> None:
    figures = Figures()
    for items in ([1], [1, 2, 3], [1, 2, 3, 4, 5]):
        figures.add("def f(l):\n    return l.pop()", repr(items), run("def f(l):\n    return l.pop()", repr(items)))
    figures.add("def f(l):\n    return l.index(0)", "[]", run("def f(l):\n    return l.index(0)", "[]"))
    table = figures.table()
    assert table["% with .pop"] == 75
    assert table["per 100 runs: .pop as value"] == 75
    assert table["% with run: raises"] == 25
    assert table["list, median"] == 2
    assert table["list, % over 4"] == 25


def test_runs_without_end_do_not_count_for_hundreds() -> None:
    figures = Figures()
    figures.add(code := "def f(l):\n    while l:\n        l.reverse()\n    return l", "[1]", run(code, "[1]"))
    assert figures.table()["% with run: endless"] == 100
    assert not figures.done


def test_inputs_that_are_no_arguments_have_no_size() -> None:
    figures = Figures()
    figures.add("print(input())", "some text\n", None)
    assert set(figures.sizes) == {"lines"}
    assert figures.table()["% with run: not told"] == 100


def test_tables_have_a_row_for_what_matters_in_any_source() -> None:
    rows = list(compared({"theirs": {"% with a": 9.0, "% with b": 0.5}, "ours": {"% with b": 1.0, "% with c": 5.0}}))
    assert rows == [("figure", "theirs", "ours"), ("% with a", "9.0", "0.0"), ("% with c", "0.0", "5.0")]
    assert len(list(compared({"theirs": {"% with b": 0.5}}, least=0.0))) == 2
    assert pytest.approx(0.5) == float(list(compared({"theirs": {"% with b": 0.5}}, least=0.0))[1][1])
