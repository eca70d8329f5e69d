from __future__ import annotations

import math
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.pipeline.compare import key, literal, matches
from workers.pipeline.types import Io

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner, inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("got", "expected", "same"),
    [
        ("True", "1", False),
        ("1", "1.0", False),
        ("[True]", "[1]", False),
        ("{1: True}", "{1: 1}", False),
        ("{1}", "{True}", False),
        ("(1,)", "[1]", False),
        ("{'a': 1, 'b': 2}", '{"b": 2, "a": 1}', True),
        ("{1, 2}", "{2, 1}", True),
        ("set()", "set()", True),
        ("nan", "nan", True),
        ("[float('nan')]", "[nan]", True),
        ("-inf", "float('-inf')", True),
        ("nan", "1.0", False),
        ("' a'", "'a'", False),
        (" 'a' ", "'a'", True),
        ("<object>", " <object>\n", True),
        ("<object>", "<other>", False),
        ("f(1)", "1", False),
        ("1 + 1", "2", False),
        ("None", "", False),
    ],
)
def test_literals_compare_by_value_and_type(got: str, expected: str, same: bool) -> None:
    assert matches(got, expected, "function") is same
    assert (key(got, "function") == key(expected, "function")) is same


@given(VALUES)
def test_every_literal_equals_itself(value: object) -> None:
    assert matches(repr(value), repr(value), "function")
    assert key(repr(value), "function") == key(repr(value), "function")
    assert literal(repr(value)) is not None


@given(VALUES, VALUES)
def test_votes_are_counted_by_the_same_equality(left: object, right: object) -> None:
    same = matches(repr(left), repr(right), "function")
    assert (key(repr(left), "function") == key(repr(right), "function")) is same


@given(st.text() | st.text(alphabet="[](){}-+'\"\\,:1e n\0\ud800"))
def test_no_text_raises(text: str) -> None:
    for io in get_args(Io):
        assert matches(text, text, io)
        hash(key(text, io))
        matches(text, "[1]", io, "tokens", 1e-6)
        matches("[1]", text, io, "exact", 1e-6)


@pytest.mark.parametrize(
    "text", ["-" * 50_000 + "1", "[" * 5_000, "1+" * 40_000 + "1", "9" * 5_000, "1" * 200_000, "{[]: 1}"]
)
def test_hostile_text_is_no_literal(text: str) -> None:
    assert literal(text) is None
    assert not matches(text, "1", "function")


@pytest.mark.parametrize(
    ("got", "expected", "checker", "same"),
    [
        ("a \r\nb\t\r\n\r\n", "a\nb", "exact", True),
        ("a\n\nb", "a\nb", "exact", False),
        (" a", "a", "exact", False),
        ("a  b", "a b", "exact", False),
        ("\n\n", "", "exact", True),
        ("a\nb", "a b", "tokens", True),
        ("ab", "a b", "tokens", False),
        ("A", "a", "tokens", False),
        ("1.0", "1", "tokens", False),
    ],
)
def test_stdout_compares_by_lines_or_tokens(got: str, expected: str, checker: str, same: bool) -> None:
    assert matches(got, expected, "stdio", "tokens" if checker == "tokens" else "exact") is same


@pytest.mark.parametrize(
    ("got", "expected", "io", "checker", "same"),
    [
        ("1.0000001", "1", "function", "exact", True),
        ("1000000.5", "1000000.0", "function", "exact", True),
        ("1000002.0", "1000000.0", "function", "exact", False),
        ("[1.1]", "[1.0]", "function", "exact", False),
        ("{'a': (1.0000001, 'x')}", "{'a': (1.0, 'x')}", "function", "exact", True),
        ("{'a': 1.0}", "{'b': 1.0}", "function", "exact", False),
        ("True", "1.0", "function", "exact", False),
        ("inf", "inf", "function", "exact", True),
        ("1e308", "inf", "function", "exact", False),
        ("1" + "0" * 400, "1e5", "function", "exact", False),
        ("[1.0, 2.0]", "[1.0]", "function", "exact", False),
        ("x 0.3000001", "x 0.3", "stdio", "tokens", True),
        ("x 0.4", "x 0.3", "stdio", "tokens", False),
        ("nan", "1", "stdio", "tokens", False),
        ("inf", "1", "stdio", "tokens", False),
        ("1_0", "10.0", "stdio", "tokens", False),
        ("0.3000001\n2", "0.3\n2", "stdio", "exact", True),
        ("0.3000001 2", "0.3\n2", "stdio", "exact", False),
    ],
)
def test_tolerance_is_for_finite_numbers_only(got: str, expected: str, io: str, checker: str, same: bool) -> None:
    kind: Io = "function" if io == "function" else "stdio"
    assert matches(got, expected, kind, "tokens" if checker == "tokens" else "exact", tol=1e-6) is same


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(min_value=0, max_value=1))
def test_tolerance_is_relative_above_one(want: float, tol: float) -> None:
    got = want + 2 * tol * max(1.0, abs(want)) + 1e-9 * max(1.0, abs(want))
    if math.isfinite(got):
        assert not matches(repr(got), repr(want), "function", tol=tol)
    assert matches(repr(want), repr(want), "function", tol=tol)


def test_threads_that_read_literals_leave_the_filters_of_warnings_as_they_were() -> None:
    before, interval = list(warnings.filters), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(literal, ["[[1, 2], {'a': (3,)}]"] * 400))
    finally:
        sys.setswitchinterval(interval)
    assert list(warnings.filters) == before
