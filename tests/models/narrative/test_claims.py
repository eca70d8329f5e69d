"""Claims are found in the ways people write them, and checked against the run."""

from __future__ import annotations

import pytest

from models.narrative import claims, rewrite
from models.narrative.explanation import KEPT, Task
from models.programs.source import Source
from models.trace.tracer import trace
from models.trace.types import Trace
from tests.models.narrative.runs import runs
from workers.pipeline.types import Completion, FinishReason

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
        ("- total = 3\n- x = 2", [("total", "3"), ("x", "2")]),
        ("total = 0, x = 1", [("total", "0"), ("x", "1")]),
        ("total = x + nums[0] = 3, x: 2", [("total", "3"), ("x", "2")]),
        ("For x: total = 3", [("total", "3")]),
        ("total increases by 2, from 1 to 3", [("total", "3")]),
        ("x: 1 → 2", [("x", "2")]),
        ("`x and total` is True", []),
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
        "if x is 3, whether total equals 5, unless the value of x is 5",
        "x = 3 would",
        "it would set total to 9",
        "2*total = 6 and x**total = 8",
        "twice the value of x is 8",
        "the largest value of nums is 4",
        "total = x + 1",
        "total = x, and",
        "for each x: total + x",
        "x goes from 0 to 3 (exclusive)",
        "x goes from 0 to 9: first",
        "total → True",
        "x, total = 1, 3",
        "nums holds 3 elements",
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


WORDINGS = (
    "total = 1 + 2 = {}", "total = total + x = {}.", "`total` = `1 + 2` = `{}`", "total = 1 × 3 = {}",
    "total = 3 = {}", "total now equals {}", "total equals {}", "total has the value {}",
    "total now has a value of {}", "The value of total is {}.", "the new value of `total` becomes {}",
    "total increases to {}", "total increased to {}", "total decreases to {}", "total decreased by 1 to {}",
    "total changes to {}", "total changed from 1 to {}", "total becomes {}", "total became {}",
    "total is now 1 + 2 = {}", "we set total to {}", "Set `total` to `{}`", "total is set to {}",
    "total goes from 1 to {}", "total goes from 1 → {}", "total → {}", "total -> {}", "total: 1 → {}",
    "**total** is {}", "total = **{}**", "**total = {}**", "**`total`** = {}", "(total = {})",
    "`total` becomes **`{}`**", "total = {} (1 + 2)", "total = {} in the second round",
    "so:\n- total = {}\n- s = 'ab'", "updating total to {}", "total is increased by 2 to {}",
    "total is assigned the value {}",
)  # fmt: skip


def judged(wording: str, value: str, run: Trace) -> str:
    account = f"nums = [1, 2, 4]. First total is 0. Then x = 1. {wording.format(value)}\n\n[OUTPUT](7, 'AB')[/OUTPUT]"
    source = Source(CODE, "function", "f", ("[1, 2, 4], 'ab'",), "t", "t")
    return rewrite.verdict(Completion(account, FinishReason.STOP), Task("t", source, run))


@pytest.mark.parametrize("wording", WORDINGS)
def test_a_false_value_in_any_wording_drops_the_explanation(wording: str, run: Trace) -> None:
    assert judged(wording, "99", run) == "false claim"


@pytest.mark.parametrize("wording", WORDINGS)
def test_a_true_value_in_any_wording_keeps_it(wording: str, run: Trace) -> None:
    assert judged(wording, "3", run) == KEPT


def test_every_claim_of_a_false_account_is_seen(run: Trace) -> None:
    text = "First, **total** is 0. Then total = 0 + 1 = 5. Then total increases to 30, and total now equals 300. "
    found = said(text + "The value of total is 99.", run)
    assert found == [("total", value) for value in ("0", "5", "30", "300", "99")]


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
