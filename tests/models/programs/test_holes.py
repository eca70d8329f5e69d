"""Holes are filled until none is left, also those of what fills them; what is none stays."""

from __future__ import annotations

import re

from models.programs.holes import until_none_is_left

HOLE = re.compile(r"<([a-z]+)>")
FILLS = {"a": "(<b> + <b>)", "b": "<c>", "c": "1"}


def test_what_fills_a_hole_may_have_holes() -> None:
    assert until_none_is_left("<a> * <c>", HOLE, lambda hole: FILLS[hole[1]]) == "(1 + 1) * 1"


def test_what_is_no_hole_stays() -> None:
    assert until_none_is_left("<br> <c>", HOLE, lambda hole: FILLS.get(hole[1], hole[0])) == "<br> 1"
