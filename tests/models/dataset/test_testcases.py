"""Tests of a problem: what right programs disagree on is none, and one answer never passes all."""

from __future__ import annotations

import pytest

from models.dataset import testcases
from models.dataset.draft import Posed
from models.dataset.records import Dropped
from models.programs.source import Source
from workers.pipeline.types import Problem

PROBLEM = Problem("Double it.", entry_point="f")


def test_an_edge_case_that_right_programs_answer_differently_is_no_test() -> None:
    first, second = "def f(x):\n    return x * 2", "def f(x):\n    return x * 2 if x else 1"
    source = Source(first, "function", "f", (), "composed", "g")
    own = Posed(PROBLEM, ("1", "2", "3", "4"), ("0", "-5"), (second,), 2, public=2, hidden=2)
    suite = testcases.suite(source, own)
    assert [test.input for test in suite.hidden] == ["-5", "3"]
    assert suite.edges == 1
    unclear = Posed(PROBLEM, ("0", "2", "3", "4"), (), (second,), 2, public=2, hidden=2)
    with pytest.raises(Dropped, match="right programs disagree"):
        testcases.suite(source, unclear)


@pytest.mark.parametrize(
    ("code", "reason"),
    [("def f(x):\n    return 1", "one answer"), ("def f(x):\n    return 1 // (x - x)", "too few tests")],
)
def test_a_problem_without_telling_tests_is_dropped(code: str, reason: str) -> None:
    own = Posed(PROBLEM, ("1", "2", "3", "4"), ("0",), (), public=1, hidden=2)
    with pytest.raises(Dropped, match=reason):
        testcases.suite(Source(code, "function", "f", (), "composed", "g"), own)
