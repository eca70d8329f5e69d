"""Loops against a scripted model: every source of feedback, from the same first program."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models.ablate.given import Given
from models.ablate.looping import SOURCES, Player
from models.ablate.sizes import Sizes
from models.sandbox.types import SandboxUnavailable
from tests.fakes import ScriptedCompleter
from tests.models.rl.played import END, LOOKUP, RIGHT, ROW, WRONG, table
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.errors import ContextLengthError
from workers.pipeline.model import Model

pytestmark = pytest.mark.anyio


def player(script: object, turns: int = 3, seed: int = 1) -> tuple[Player, ScriptedCompleter]:
    completer = ScriptedCompleter(script)  # type: ignore[arg-type]
    given = Given((Path("none"),), Path("none"), seed, Sizes(turns=turns), 1)
    return Player(Model(completer, "tagged", 512), table(), given), completer  # type: ignore[arg-type]


def writes(*repairs: str, first: str = WRONG, predicted: str = "<|output|>0<|end|>") -> object:
    """A model that writes `first`, then repairs, and predicts always the same."""
    left = iter(repairs)

    def script(request: CompletionRequest) -> str:
        text = request.prompt.text or ""
        if text.startswith("<|predict|>"):
            return predicted
        return (first if text.startswith("<|solve|>") else next(left)) + END

    return script


def test_every_source_of_feedback_is_played() -> None:
    assert set(SOURCES) == {"none", "random", "true", "predicted"}


async def test_a_repair_after_true_feedback_fixes() -> None:
    made, completer = player(writes(RIGHT))
    first = await made.first(ROW)
    loop = await made.loop(ROW, first, "true")
    found = loop.figures()
    assert {name: found[name][0] for name in ("first right", "last right", "fixed", "broken")} == {
        "first right": 0, "last right": 1, "fixed": 1, "broken": 0,
    }  # fmt: skip
    assert found["programs"] == (2, 1)
    assert found["verdicts as executed"] == (0, 0)  # true feedback judges nothing
    assert found["tokens"][0] == len(WRONG + END) + len(RIGHT + END)
    assert len(completer.requests) == 2


async def test_a_model_that_denies_a_right_program_breaks_it() -> None:
    made, _ = player(writes(WRONG, WRONG, first=RIGHT))
    first = await made.first(ROW)
    found = (await made.loop(ROW, first, "predicted")).figures()
    assert (found["first right"][0], found["last right"][0], found["broken"][0]) == (1, 0, 1)
    assert found["verdicts as executed"] == (1, 4)  # of a wrong program that passes one test, one denial is true


async def test_a_program_that_knows_the_public_tests_alone_is_not_right() -> None:
    made, _ = player(writes(first=LOOKUP))
    assert not (await made.first(ROW)).right


async def test_the_first_program_is_sampled_once_and_repairs_with_seeds_of_their_own() -> None:
    made, completer = player(writes(*[WRONG] * 8), seed=2)
    first = await made.first(ROW)
    await made.loop(ROW, first, "none")
    await made.loop(ROW, first, "true")
    assert [r.seed for r in completer.requests] == [2000, 2001, 2002, 2001, 2002]
    assert {r.temperature for r in completer.requests} == {0.8}


async def test_predictions_are_greedy() -> None:
    made, completer = player(writes(WRONG, WRONG))
    await made.loop(ROW, await made.first(ROW), "predicted")
    predictions = [r for r in completer.requests if (r.prompt.text or "").startswith("<|predict|>")]
    assert len(predictions) == 4
    assert {r.temperature for r in predictions} == {0.0}


async def test_a_loop_whose_repair_prompt_is_too_long_ends_with_its_program() -> None:
    def script(request: CompletionRequest) -> str | Exception:
        return WRONG + END if (request.prompt.text or "").startswith("<|solve|>") else ContextLengthError("too long")

    made, _ = player(script)
    found = (await made.loop(ROW, await made.first(ROW), "true")).figures()
    assert (found["last right"][0], found["programs"]) == (0, (1, 1))


async def test_a_sandbox_that_fails_is_no_wrong_answer() -> None:
    class Lost:
        def passes(self, *_: object) -> None:
            return None

    made, _ = player(writes())
    made._grader = Lost()  # type: ignore[assignment]
    with pytest.raises(SandboxUnavailable):
        await made.first(replace(ROW))
