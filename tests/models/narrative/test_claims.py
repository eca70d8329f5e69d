"""Claims are found in the ways people write them, and checked against the run."""

from __future__ import annotations

import pytest

from models.narrative import claims
from models.trace.tracer import trace
from models.trace.types import Trace
from tests.models.narrative.runs import runs

CODE = "def f(nums, s):\n    total = 0\n    for x in nums:\n        total += x\n    s = s.upper()\n    return total, s"


@pytest.fixture(scope="module")
def run() -> Trace:
    return trace(CODE, "function", "f", "[1, 2, 4], 'ab'")


def said(text: str, run: Trace) -> list[tuple[str, str]]:
    return [(claim.name, claim.value) for claim in claims.claims(text, CODE, run)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("total = 3.", [("total", "3")]),
        ("`total` is now 3, x is 2", [("total", "3"), ("x", "2")]),
        ("Then `total` becomes `3` and s: 'ab'", [("total", "3"), ("s", "'ab'")]),
        ("nums is set to [1, 2, 4]; s gets \"AB\"", [("nums", "[1, 2, 4]"), ("s", '"AB"')]),
        ("total equals 3 since 1 + 2 = 3", [("total", "3")]),
        ("x takes the value 4", [("x", "4")]),
        ("s stays 'it\\'s'", [("s", "'it\\'s'")]),
        ("total is still 0", [("total", "0")]),
    ],
)
def test_claims_are_found(text: str, found: list[tuple[str, str]], run: Trace) -> None:
    assert said(text, run) == found


@pytest.mark.parametrize(
    "text",
    [
        "total == 3",  # a comparison
        "y = 3",  # no variable of the program
        "the line `total = 0` runs first",  # the program's own text
        "total = 1 + 2",  # not a literal
        "x in nums = True",  # an expression
        "nums is empty",  # in words
        "nums[0] is 1",  # a part
        "s = 'ab'.upper()",
        "total is [1, 2",
        "",
    ],
)
def test_what_cannot_be_checked_is_no_claim(text: str, run: Trace) -> None:
    assert said(text, run) == []


@pytest.mark.parametrize(
    ("text", "false"),
    [
        ("total = 0, x = 1, total = 1, x = 2, total = 3, x = 4, total = 7, s = 'AB'", None),
        ("x = 2 and then total = 7", None),  # leaving out is no lie
        ("total = 0, still total = 0", None),
        ("total = 2", "2"),  # never
        ("total = 7 and before that total = 1", "1"),  # lost by then
        ("x = 4, then total = 3", None),  # still held when x became 4
        ("x = '4'", "'4'"),  # another type
        ("total = 7.0", "7.0"),
        ("s = 'AB', x = 4", None),  # x keeps its last value
        ("s = 'AB', x = 2", "2"),
    ],
)
def test_claims_must_be_a_walk_through_the_run(text: str, false: str | None, run: Trace) -> None:
    found = claims.first_false(claims.claims(text, CODE, run), run)
    assert (found and found.value) == false


def test_a_value_altered_anywhere_in_a_true_account_is_caught() -> None:
    caught = tried = 0
    for program, made in runs(150):
        changes = [(name, text) for step in made.steps for name, text in step.changes.items()]
        held = {text for _, text in changes}
        for at, (name, text) in enumerate(changes):
            if not text.isdigit() or str(int(text) + 1000) in held:
                continue
            account = [f"{n} = {t if i != at else int(t) + 1000}" for i, (n, t) in enumerate(changes)]
            false = claims.first_false(claims.claims(". ".join(account) + ".", program.code, made), made)
            tried += 1
            caught += false is not None and false.value == str(int(text) + 1000) and false.name == name
    assert tried > 100
    assert caught == tried
