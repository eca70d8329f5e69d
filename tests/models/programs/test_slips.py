"""Slips: another program that compiles, of the same problem; what shows the order of a set is none."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from models.programs import wide
from models.programs.source import Source
from models.programs.wide import slips

CODE = "def f(s, n):\n    r = sorted(set(s))\n    if n < len(r):\n        return r[:n]\n    return r"
SOURCE = Source(CODE, "function", "f", ("'banana', 2",), wide.ORIGIN, "wide-x")


def test_one_in_four_is_another_program_and_all_else_stays() -> None:
    drawn = [slips.sometimes(SOURCE, Random(seed)) for seed in range(400)]
    slipped = [source for source in drawn if source != SOURCE]
    assert len(slipped) / 400 == pytest.approx(slips.SLIPS, abs=0.06)
    assert len({source.code for source in slipped}) > 8
    for source in slipped:
        assert source.code != CODE and source.origin == wide.SLIPPED
        assert replace(source, code=CODE, origin=SOURCE.origin) == SOURCE


def test_the_same_seed_slips_in_the_same_place() -> None:
    assert all(slips.sometimes(SOURCE, Random(seed)) == slips.sometimes(SOURCE, Random(seed)) for seed in range(50))


def test_no_slip_shows_the_order_of_a_set() -> None:
    assert not any(slips.shows_order(slips.sometimes(SOURCE, Random(seed)).code) for seed in range(400))


def test_where_nothing_can_slip_the_program_stays() -> None:
    nothing = Source("def f():\n    return None", "function", "f", ("",), wide.ORIGIN, "wide-y")
    assert all(slips.sometimes(nothing, Random(seed)).code == nothing.code for seed in range(40))


@pytest.mark.parametrize(
    "line",
    [
        "list(set(s))", "''.join({*s})", "[c for c in set(s)]", "[*{c for c in s}]", "list(set(s) & set(t))",
        "dict(zip(set(s), t))", "list(map(str, frozenset(s)))",
    ],
)  # fmt: skip
def test_the_order_of_a_set_is_seen(line: str) -> None:
    assert slips.shows_order(f"def f(s, t):\n    return {line}")


@pytest.mark.parametrize("line", ["sorted(set(s))", "len(set(s))", "set(s) & set(t)", "[c for c in s]", "max(set(s))"])
def test_what_does_not_show_it_is_let_through(line: str) -> None:
    assert not slips.shows_order(f"def f(s, t):\n    return {line}")
