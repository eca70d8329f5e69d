"""Guessed inputs: of the kind a parameter says it has, and good enough to run most programs on."""

from __future__ import annotations

import ast
from random import Random

import pytest

from models.programs import broad, fuzz
from models.trace.tracer import trace
from models.trace.types import TraceRejected


def first(parameters: str, body: str = "return 0") -> list[str]:
    function = ast.parse(f"def f({parameters}):\n    {body}").body[0]
    assert isinstance(function, ast.FunctionDef)
    return [own[0] for own in fuzz.kinds(function)]


@pytest.mark.parametrize(
    ("parameters", "body", "kinds"),
    [
        ("q: str", "return 0", ["text"]),
        ("q: int, r: float", "return 0", ["num", "float"]),
        ("q: List[str]", "return 0", ["words"]),
        ("q: typing.Dict[str, int]", "return 0", ["table"]),
        ("q: list[list[int]]", "return 0", ["matrix"]),
        ("q=3, r='x', s=True", "return 0", ["num", "text", "bool"]),
        ("q", "return q.upper()", ["text"]),
        ("q", "q.append(1)", ["ints"]),
        ("q", "return q.items()", ["table"]),
        ("q", "return q - 1", ["num"]),
        ("q", "return q[0][1]", ["matrix"]),
        ("q", "return ','.join(q)", ["words"]),
        ("q, r", "return q in r", ["char", "ints"]),
        ("text", "return 0", ["text"]),
        ("nums, n", "return 0", ["ints", "num"]),
    ],
)
def test_the_likeliest_kind_of_a_parameter(parameters: str, body: str, kinds: list[str]) -> None:
    assert first(parameters, body) == kinds


def test_guesses_are_argument_lists_and_repeat() -> None:
    code = "def f(a: int, b: set[int], c: tuple):\n    return a"
    guesses = list(fuzz.arguments(code, "f", Random(1), 5))
    assert guesses == list(fuzz.arguments(code, "f", Random(1), 5))
    for guess in guesses:
        a, b, c = ast.literal_eval(f"({guess})")
        assert (type(a), type(b), type(c)) == (int, set, tuple)


def test_positional_only_parameters_and_any_number_of_them_are_given() -> None:
    for guess in fuzz.arguments("def f(a: int, /, *more: str, k=1):\n    return a", "f", Random(3), 6):
        a, *more = ast.literal_eval(f"({guess},)")
        assert isinstance(a, int) and 1 <= len(more) <= 3 and all(isinstance(text, str) for text in more)


@pytest.mark.parametrize("code", ["def f(*, a):\n    return a", "f = 3", "def f(:", "def g(a):\n    return a"])
def test_what_cannot_be_called_by_position_has_none(code: str) -> None:
    assert list(fuzz.arguments(code, "f", Random(1), 5)) == []


def test_most_functions_find_an_input_they_can_work_with() -> None:
    rng, fits, tried = Random("fuzz"), 0, 0
    while tried < 100:
        source = broad.draw(rng)
        if source.io == "stdio":
            continue
        tried += 1
        for guess in fuzz.arguments(source.code, source.entry_point or "f", rng, 6):
            try:
                run = trace(source.code, "function", source.entry_point, guess)
            except TraceRejected:
                continue
            if run.raised not in ("TypeError", "AttributeError"):
                fits += 1
                break
    assert fits > 75
