from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers.pipeline.problems import DOUBLE, ECHO
from workers.pipeline import parse
from workers.pipeline.prompts import tagged
from workers.pipeline.types import Candidate, Completion, FinishReason, Prediction


def test_solve() -> None:
    assert tagged.solve(DOUBLE).text == (
        "<|solve|>Write a function double(n) that returns twice n.<|starter|>def double(n):<|code|>"
    )
    assert tagged.solve(ECHO).text == "<|solve|>Read a line and print it.<|starter|><|code|>"
    assert tagged.solve(DOUBLE).stop == ("<|end|>",)


def test_predict_shows_neither_problem_nor_expected_output() -> None:
    prompt = tagged.predict("def double( n ):  # half\n  return n\n", "2", "function", "double")
    assert prompt.text == "<|predict|><|code|>def double(n):\n    return n<|input|>2<|trace|>"


def test_arguments_have_one_layout_and_what_is_no_argument_list_stays() -> None:
    assert tagged.literal('"a",{1:2}', "function") == "'a', {1: 2}"
    assert tagged.literal("1)(", "function") == "1)("


def test_texts_on_standard_input_and_output_are_string_literals() -> None:
    assert tagged.predict("print(input())", "a\n'b'\n", "stdio").text == (
        """<|predict|><|code|>print(input())<|input|>"a\\n'b'\\n"<|trace|>"""
    )
    shown = tagged.fix(ECHO, Candidate("c1", "print(1)"), [(ECHO.public_tests[0], Prediction("1\n", finishes=True))])
    assert (shown.text or "").endswith(r"<|input|>'hi\n'<|expected|>'hi\n'<|predicted|>'1\n'<|repair|>")


def test_a_program_that_does_not_parse_is_shown_as_it_is() -> None:
    assert tagged.layout("def f( x") == "def f( x"


def test_fix() -> None:
    evidence = [
        (DOUBLE.public_tests[0], Prediction(output="2", finishes=True)),
        (DOUBLE.public_tests[1], Prediction(raises="ValueError", finishes=True)),
        (DOUBLE.public_tests[1], Prediction(finishes=False)),
    ]
    assert tagged.fix(DOUBLE, Candidate("c1", "def double(n): return n"), evidence).text == (
        "<|fix|>Write a function double(n) that returns twice n.<|code|>def double(n):\n    return n"
        "<|input|>2<|expected|>4<|predicted|>2"
        "<|input|>0<|expected|>0<|predicted|><|raises|>ValueError"
        "<|input|>0<|expected|>0<|predicted|><|endless|><|repair|>"
    )


def test_verify_ends_where_no_other_prompt_does() -> None:
    assert tagged.verify(DOUBLE, "def double( n ): return n  # half", DOUBLE.public_tests[0]).text == (
        "<|fix|>Write a function double(n) that returns twice n.<|code|>def double(n):\n    return n"
        "<|input|>2<|expected|>4<|trace|>"
    )
    shown = tagged.verify(ECHO, "print(input())", ECHO.public_tests[0])
    assert (shown.text or "").endswith(r"<|input|>'hi\n'<|expected|>'hi\n'<|trace|>")
    assert shown.stop == ("<|end|>",)


@given(st.text() | st.lists(st.sampled_from([*tagged.SPECIAL_TOKENS, "<|", "|>", "end", "x"])).map("".join))
def test_user_text_never_passes_for_structure(text: str) -> None:
    assert not any(tag in tagged.clean(text) for tag in tagged.SPECIAL_TOKENS)


@pytest.mark.parametrize(
    "prediction",
    [
        Prediction(raises="KeyError", finishes=True),
        Prediction(finishes=False),
    ],
)
def test_an_outcome_is_written_as_the_model_would(prediction: Prediction) -> None:
    text = tagged.outcome(prediction, "function")
    assert parse.prediction(Completion(text, FinishReason.STOP), "tagged") == prediction
