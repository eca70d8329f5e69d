"""Candidates of a scripted model: drawn once, graded by what they do, chosen by what another model says."""

from __future__ import annotations

import pytest

from models.ablate.candidates import Drawn, draw, graded, judged, verdicts
from models.eval.choosing import choices
from models.eval.estimators import best_at
from tests.fakes import ScriptedCompleter, completion
from tests.models.rl.played import END, LOOKUP, RIGHT, ROW, WRONG, TableGrader, table
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.config import PipelineConfig
from workers.pipeline.model import Model
from workers.pipeline.types import Completion

pytestmark = pytest.mark.anyio
CONFIG = PipelineConfig(candidates=4, seed=0)


def writer() -> Model:
    """Seeds 0 and 1 write what is wrong, 2 what is right, 3, less likely, what is right on the public tests alone."""
    codes = (WRONG, WRONG, RIGHT, LOOKUP)

    def script(request: CompletionRequest) -> Completion:
        seed = request.seed or 0
        return completion(codes[seed] + END, logprob=-0.5 if seed == 3 else -0.1)

    return Model(ScriptedCompleter(script), "tagged", 512)


def judge(truthful: bool) -> Model:
    """A model that predicts what happens, or that `WRONG` is right and the others are not."""

    def script(request: CompletionRequest) -> str:
        text = request.prompt.text or ""
        given = int(text.split("<|input|>")[1].split("<|trace|>")[0])
        believed = "n + 1" not in text if truthful else "n + 1" in text
        return f"<|output|>{given * 2 if believed else given + 1}{END}"

    return Model(ScriptedCompleter(script), "tagged", 512)


async def drawn() -> list[Drawn]:
    grader: TableGrader = table()
    return await draw([ROW], writer(), CONFIG, grader)  # type: ignore[arg-type]


async def test_candidates_are_graded_on_hidden_tests_and_seen_on_public_ones() -> None:
    (one,) = await drawn()
    assert one.hidden == {"c1": False, "c2": True, "c3": False}
    assert {name: [one.passes(name, test) for test in (0, 1)] for name in one.hidden} == {
        "c1": [True, False], "c2": [True, True], "c3": [True, True],
    }  # fmt: skip


async def test_a_truthful_judge_finds_the_right_program() -> None:
    found = await drawn()
    (said,) = await judged(found, judge(True), CONFIG)
    values, _ = choices(*graded(found[0], said), 4)
    assert (values["pass@1 sampled"], values["best@N by simulation"], values["majority"]) == (0.25, 1.0, 0.0)
    told = verdicts(found[0], said)
    assert (told["predictions right"], told["false accepts"], told["false rejects"]) == ((6, 6), (0, 1), (0, 2))
    assert told["tokens"][0] > 0


async def test_a_judge_that_is_fooled_accepts_what_is_wrong() -> None:
    found = await drawn()
    (said,) = await judged(found, judge(False), CONFIG)
    values, _ = choices(*graded(found[0], said), 4)
    assert values["best@N by simulation"] == 0.0
    told = verdicts(found[0], said)
    assert (told["predictions right"], told["false accepts"], told["false rejects"]) == ((3, 6), (1, 1), (2, 2))


async def test_of_fewer_candidates_each_way_is_unbiased() -> None:
    found = await drawn()
    (said,) = await judged(found, judge(True), CONFIG)
    _, ranked = choices(*graded(found[0], said), 4)
    assert {best_at(1, order) for order in ranked.values()} == {0.25}  # one candidate: there is nothing to choose
    assert best_at(4, ranked["simulation"]) == 1.0
