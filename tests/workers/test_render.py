"""Reports as plain text: a golden page of each, and what must hold for any text a model writes."""

import io
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console, RenderableType

from workers.matrix import matrix, shorten, visible
from workers.pipeline.types import (
    Candidate,
    IOTest,
    Phase,
    Prediction,
    Problem,
    Ranking,
    Rejected,
    Simulation,
    SolveResult,
    StopReason,
    Usage,
    Verdict,
)
from workers.render import predict_report, program, solve_report

PROBLEM = Problem(
    id="add",
    statement="Write a function add\nthat returns the sum of a and b.",
    entry_point="add",
    public_tests=(IOTest("1, 2", "3"), IOTest(repr("a" * 99) + ", ''", repr("a" * 99)), IOTest("5, 5")),
)
CANDIDATES = (
    Candidate("c1", "def add(a, b):\n    return a - b", logprob=-0.2, duplicates=2),
    Candidate("c2", "def add(a, b):\n    return b", logprob=-0.4),
    Candidate("c3", "def add(a, b):\n    return a + b", parent="c1", round=1),
)
PREDICTIONS = {
    "c1": (Prediction(output="-1", finishes=True), Prediction(raises="TypeError", finishes=True), Prediction()),
    "c2": (Prediction(output="2", finishes=True), Prediction(finishes=False), Prediction(truncated=True)),
    "c3": (
        Prediction(output="3", finishes=True),
        Prediction(output=repr("a" * 99), finishes=True),
        Prediction(output="10", finishes=True),
    ),
}
VERDICTS = {
    "c1": (Verdict.FAIL, Verdict.FAIL, Verdict.ABSTAIN),
    "c2": (Verdict.FAIL, Verdict.FAIL, Verdict.ABSTAIN),
    "c3": (Verdict.PASS, Verdict.PASS, Verdict.ABSTAIN),
}
RESULT = SolveResult(
    best="c3",
    ranking=Ranking(("c3", "c1", "c2"), {"c3": 1.0, "c1": 0.0, "c2": 0.0}, {"c3": "pass rate", "c1": "duplicates"}),
    candidates=CANDIDATES,
    rejected=(Rejected("does not define add", "x"), Rejected("does not define add", "y")),
    simulations=tuple(
        Simulation(name, test, PREDICTIONS[name][test], VERDICTS[name][test]) for name in VERDICTS for test in range(3)
    ),
    rounds=1,
    stop=StopReason.AGREED,
    phases={
        "sample": Phase(1.25, Usage(80, 200), 8),
        "simulate": Phase(2.5, Usage(300, 900), 9),
        "fix": Phase(0.5, Usage(100, 50), 2),
    },
)
GOLDEN = """\
add · function add · 3 public tests
Write a function add that returns the sum of a and b.

Predicted outputs
    1: 1, 2                     2: 'aaaaaaaaaaaaa…aaa', ''  3: 5, 5
    → 3                         → 'aaaaaaaaaaaaaa…aaaaaaa'  → not known
──────────────────────────────────────────────────────────────────────────────────────
c3  ✓ 3                         ✓ 'aaaaaaaaaaaaaa…aaaaaaa'  ? 10
c1  ✗ -1                        ✗ raises TypeError          ? could not tell
c2  ✗ 2                         ✗ does not finish           ? cut off

Ranking
rank  program  predicted to pass  from                     before the next by
─────────────────────────────────────────────────────────────────────────────
   1  c3       100% (2 ✓ 1 ?)     repair of c1             pass rate
   2  c1       0% (2 ✗ 1 ?)       sample, written 3 times  duplicates
   3  c2       0% (2 ✗ 1 ?)       sample

Rounds
round 1: c3 repairs c1: test 1 ✗ → ✓, test 2 ✗ → ✓

Dropped completions
2 × does not define add

Best program: c3
def add(a, b):
    return a + b

Stopped: the best candidate's predicted outputs agree with every public test.
phase     requests  prompt tokens  written tokens  seconds
──────────────────────────────────────────────────────────
sample           8             80             200     1.25
simulate         9            300             900     2.50
fix              2            100              50     0.50
total           19            480            1150     4.25
"""


def _plain(parts: Iterable[RenderableType], width: int) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False, color_system=None, legacy_windows=False)
    for part in parts:
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return "".join(line.rstrip() + "\n" for line in console.file.getvalue().splitlines())


def test_a_solve_report_reads_as_this() -> None:
    assert _plain(solve_report(PROBLEM, RESULT, 90), 90) == GOLDEN


def test_a_program_of_a_round_that_repairs_none_is_called_new() -> None:
    new = replace(CANDIDATES[2], parent=None)
    lines = _plain(solve_report(PROBLEM, replace(RESULT, candidates=(*CANDIDATES[:2], new)), 90), 90).splitlines()
    assert "round 1: c3 is new: (2 ✓ 1 ?)" in lines
    assert any(line.split()[:2] == ["1", "c3"] and "sample" in line for line in lines)


def test_a_result_without_candidates_says_why() -> None:
    empty = SolveResult(None, Ranking((), {}, {}), (), (Rejected("empty program", ""),), (), 0, StopReason.NO_CANDIDATE)
    text = _plain(solve_report(PROBLEM, empty, 80), 80)
    assert "1 × empty program" in text
    assert "Stopped: no completion held a usable program." in text
    assert "Ranking" not in text


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal_and_no_cell_is_lost(width: int) -> None:
    lines = _plain(matrix(PROBLEM, RESULT, width), width).splitlines()
    assert max(map(len, lines)) <= width
    assert sum(line.count(mark) for line in lines for mark in "✓✗?") == len(RESULT.simulations)


def test_many_tests_become_one_mark_each() -> None:
    tests = tuple(IOTest(str(n), str(n)) for n in range(60))
    verdicts = [Verdict.PASS] * 59 + [Verdict.FAIL]
    shown = tuple(Simulation("c1", n, Prediction(), verdicts[n]) for n in range(60))
    result = replace(RESULT, simulations=shown, ranking=Ranking(("c1",), {"c1": 59 / 60}, {}))
    assert "c1  " + "✓" * 59 + "✗" in _plain(matrix(replace(PROBLEM, public_tests=tests), result, 80), 80)


def test_a_prediction_shows_its_steps_outcome_and_confidence() -> None:
    prediction = Prediction(
        output="42", finishes=True, narrative="a = 1\n\nreturn 42", votes=3, ballots=4, confidence=0.75
    )
    assert _plain(predict_report(prediction), 80) == (
        "1  a = 1\n2  return 42\n\noutput  42\nconfidence 75%, 3 of 4 votes\n"
    )


@pytest.mark.parametrize(
    ("prediction", "text"),
    [
        (Prediction(output="1\n2\n", finishes=True), "output\n1\n2\n"),
        (Prediction(output="", finishes=True), "output  (nothing)\n"),
        (Prediction(raises="KeyError", finishes=True), "raises KeyError\n"),
        (Prediction(finishes=False), "does not finish\n"),
        (Prediction(truncated=True, reason="the limit came first"), "cut off: the limit came first\n"),
        (Prediction(reason="no outcome tag"), "could not tell: no outcome tag\n"),
    ],
)
def test_every_outcome_has_its_words(prediction: Prediction, text: str) -> None:
    assert _plain(predict_report(prediction), 80) == text + "confidence 0%\n"


@given(st.text(), st.integers(min_value=4, max_value=60))
def test_shortening_keeps_both_ends_within_the_width(text: str, width: int) -> None:
    short = shorten(text, width)
    assert len(short) <= width
    assert "\n" not in short
    whole = shorten(text, 10**6)
    assert short == whole or (short[0] == whole[0] and "…" in short)


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters()))
def test_model_text_cannot_steer_the_terminal(text: str) -> None:
    hostile = "\x1b[31m\x07\x9b" + text
    assert not any(ord(c) < 32 and c not in "\n\t" for c in visible(hostile))
    result = replace(RESULT, candidates=(replace(CANDIDATES[2], code=hostile, parent=None),), simulations=(), rounds=0)
    result = replace(result, ranking=Ranking(("c3",), {"c3": 0.0}, {}), rejected=(Rejected(hostile, hostile),))
    problem = replace(PROBLEM, statement=hostile, id=hostile)
    page = _plain(solve_report(problem, result, 80), 80) + _plain(predict_report(Prediction(narrative=hostile)), 80)
    assert "\x1b" not in page
    assert "\x9b" not in page


def test_a_program_is_highlighted_without_a_background_of_its_own() -> None:
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="standard")
    console.print(program("def f():\n    return 1"))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "\x1b[34" in text  # a keyword in one of the terminal's own colours
    assert "\x1b[40m" not in text
    assert "48;" not in text
