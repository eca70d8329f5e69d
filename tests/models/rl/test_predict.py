from __future__ import annotations

import pytest

from models.rl.predict import PredictEpisode
from models.rl.rewards import reward
from models.rl.rows import PredictRow
from tests.fakes import completion
from tests.models.rl.played import play, texts
from workers.pipeline.types import FinishReason

COUNT = PredictRow("def f(x):\n    return len(x)", "function", "f", "[1, 2]", "2")
LOOP = PredictRow("def f(x):\n    while True:\n        pass", "function", "f", "1", None, None, finishes=False)
RAISES = PredictRow("def f(x):\n    return x[5]", "function", "f", "[1]", None, "IndexError")
PRINTS = PredictRow("print(input())", "stdio", None, "a\n", "a\n")


def earned(row: PredictRow, answer: str) -> float | None:
    episode = PredictEpisode(row, "tagged")
    play(episode, answer)
    return reward(episode.score())


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        (COUNT, "steps<|output|>2<|end|>"),
        (RAISES, "<|raises|>IndexError<|end|>"),
        (LOOP, "and so on<|endless|><|end|>"),
        (PRINTS, "<|printed|>'a\\n'<|end|>"),
    ],
)
def test_the_exact_outcome_earns_one(row: PredictRow, answer: str) -> None:
    assert earned(row, answer) == 1.0


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        (COUNT, "<|output|>3<|end|>"),
        (COUNT, "<|output|>2.0<|end|>"),  # equal to 2 in Python, but not what is returned
        (COUNT, "<|output|>'2'<|end|>"),
        (COUNT, "2"),
        (COUNT, ""),
        (COUNT, "<|raises|>IndexError<|end|>"),
        (COUNT, "<|endless|><|end|>"),
        (RAISES, "<|raises|>KeyError<|end|>"),
        (RAISES, "<|output|>IndexError<|end|>"),
        (LOOP, "<|output|>None<|end|>"),
        (LOOP, "<|raises|>RecursionError<|end|>"),
        (PRINTS, "<|printed|>a<|end|>"),
    ],
)
def test_anything_else_costs_one(row: PredictRow, answer: str) -> None:
    assert earned(row, answer) == -1.0


@pytest.mark.parametrize("answer", ["f([1, 2])", "len([1, 2])", "1 + 1", "int('2')", "(lambda: 2)()", "[2][0]"])
def test_an_answer_that_would_have_to_be_run_is_wrong(answer: str) -> None:
    assert earned(COUNT, f"<|output|>{answer}<|end|>") == -1.0


def test_of_several_answers_the_last_counts() -> None:
    assert earned(COUNT, "<|output|>2<|output|>3<|end|>") == -1.0
    assert earned(COUNT, "<|output|>1\n2\n3<|end|>") == -1.0
    assert earned(COUNT, "<|output|>2<|raises|>ValueError<|end|>") == -1.0


def test_what_comes_after_the_end_is_not_read() -> None:
    assert earned(COUNT, "<|output|>3<|end|><|output|>2") == -1.0


@pytest.mark.parametrize("flood", ["[" * 50_000, "9" * 200_000, "<|output|>" * 20_000, "x" * 500_000, "(" * 100_000])
def test_a_flood_is_wrong_and_does_no_harm(flood: str) -> None:
    assert earned(COUNT, f"<|output|>{flood}<|end|>") == -1.0


def test_an_answer_cut_off_is_wrong_and_said_to_be_cut() -> None:
    episode = PredictEpisode(COUNT, "tagged")
    play(episode, completion("<|output|>2", finish=FinishReason.LENGTH))
    outcome = episode.score()
    assert (outcome.right, outcome.readable, outcome.truncated) == (False, False, True)


def test_the_chat_style_is_graded_alike() -> None:
    episode = PredictEpisode(COUNT, "chat")
    play(episode, "It has two items.\n\n[OUTPUT]\n2\n[/OUTPUT]")
    assert episode.score().right
    told = texts(play(PredictEpisode(COUNT, "chat"), ""))
    assert "f([1, 2])" in told[0]
