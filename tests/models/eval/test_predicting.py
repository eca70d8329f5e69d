"""Output prediction: what counts as right, and the figures of a model whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.dataset import freeze
from models.eval import predicting
from models.eval.predicting import Item
from tests.fakes import ScriptedCompleter
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import ContextLengthError
from workers.pipeline.model import Model
from workers.pipeline.prompts import tagged
from workers.pipeline.types import Prediction

RETURNS = Item("a", "def f(x):\n    return [x, 2]", "function", "f", "1", "[1, 2]", origin="right")
PRINTS = Item("b", "print(int(input()) + 1)", "stdio", None, "4\n", "5\n", origin="random")
RAISES = replace(RETURNS, id="c", code="def f(x):\n    return x[9]", output=None, raises="TypeError")
ENDLESS = replace(RETURNS, id="d", code="def f(x):\n    while x:\n        pass", output=None, finishes=False)


def out(text: str) -> Prediction:
    return Prediction(output=text, finishes=True)


@pytest.mark.parametrize(
    ("prediction", "item", "right"),
    [
        (out("[1, 2]"), RETURNS, True),
        (out("[1,2]"), RETURNS, True),
        (out("(1, 2)"), RETURNS, False),
        (out("[1.0, 2]"), RETURNS, False),
        (out("[True, 2]"), RETURNS, False),
        (Prediction(), RETURNS, False),
        (Prediction(raises="TypeError", finishes=True), RETURNS, False),
        (out("5"), PRINTS, True),
        (out("5 6"), PRINTS, False),
        (Prediction(raises="TypeError", finishes=True), RAISES, True),
        (Prediction(raises="IndexError", finishes=True), RAISES, False),
        (out("[1, 2]"), RAISES, False),
        (Prediction(finishes=False), ENDLESS, True),
        (Prediction(), ENDLESS, False),
        (out("0"), ENDLESS, False),
        (Prediction(finishes=False), RETURNS, False),
    ],
)
def test_only_the_true_outcome_is_right(prediction: Prediction, item: Item, right: bool) -> None:
    assert predicting.right(prediction, item) is right


def test_the_true_outcome_of_every_frozen_program_is_right() -> None:
    for item in predicting.frozen_items(freeze.load("predict")):
        truth = Prediction(output=item.output, raises=item.raises, finishes=item.finishes)
        assert predicting.right(truth, item)


@pytest.mark.anyio
async def test_figures_of_known_answers() -> None:
    answers = {
        "[x, 2]": f"return [x, 2]  # [1, 2]{tagged.OUTPUT}[1, 2]",
        "input()": f"print  # 6{tagged.PRINTED}'6\\n'",
        "x[9]": ContextLengthError("too long"),
        "while": "no outcome at all",
    }
    model = Model(ScriptedCompleter(answers), "tagged", 512)
    result = await predicting.evaluate([RETURNS, PRINTS, RAISES, ENDLESS], model, PipelineConfig())
    assert result["accuracy"].mean == 0.25
    assert result["unreadable"] == 2
    assert result["most common output"].mean == 0.25
    assert result["echo the input"].mean == 0.0
    assert {name: e.mean for name, e in result["by group"].items()} == {
        "function": pytest.approx(1 / 3), "stdio": 0.0, "right": pytest.approx(1 / 3), "random": 0.0,
        "ends in an exception": 0.0, "does not end": 0.0,
    }  # fmt: skip
    assert result["ece"].low <= result["ece"].mean <= result["ece"].high
    assert (result["ece"].n, result["brier"].n) == (4, 4)
    assert result["cost"]["prompt tokens per problem"] == 30 / 4  # one of four prompts did not fit
    assert result["cost"]["completion tokens per problem"] == result["tokens per prediction"] > 0
    assert result["cost"]["wall-clock seconds per problem"] > 0
    assert [row["right"] for row in result["items"]] == [True, False, False, False]


@pytest.mark.anyio
async def test_a_suite_in_which_nothing_gives_an_output_has_figures_too() -> None:
    result = await predicting.evaluate([RAISES], Model(ScriptedCompleter({"x": "?"}), "tagged"), PipelineConfig())
    assert result["accuracy"].mean == result["most common output"].mean == 0.0


def test_cruxeval_rows_are_functions_named_f() -> None:
    row = {"id": "sample_0", "code": "def f(a):\n    return a", "input": "1", "output": "1", "extra": 0}
    assert predicting.cruxeval_items([row]) == [Item("sample_0", row["code"], "function", "f", "1", "1")]
