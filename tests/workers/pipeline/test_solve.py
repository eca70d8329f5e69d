from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.fakes import Answer, ScriptedCompleter, completion, prompt_text
from tests.workers.pipeline.problems import BELIEF, CONFIG, DOUBLE
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.errors import CompleterUnavailable, ContextLengthError
from workers.pipeline.model import Model
from workers.pipeline.solve import Event, solve
from workers.pipeline.types import IOTest, Problem, SolveResult, StopReason, Usage

pytestmark = pytest.mark.anyio

RIGHT = "def double(n):\n    return n + n"
WRONG = "def double(n):\n    return n"


class Coder:
    """A model of two programs, that follows them faithfully; what it writes and how it repairs is given."""

    def __init__(self, samples: list[Answer], repairs: list[Answer] | None = None) -> None:
        self.samples = samples
        self.repairs = repairs or []

    def __call__(self, request: CompletionRequest) -> Answer:
        text = prompt_text(request.prompt)
        seed = (request.seed or 0) - CONFIG.seed
        if text.startswith("<|solve|>"):
            return self.samples[seed % len(self.samples)]
        if text.startswith("<|fix|>"):
            return self.repairs[seed % len(self.repairs)]
        number = int(text.split("<|input|>")[1].split("<|trace|>")[0])
        return f"n={number}<|output|>{number * (2 if 'n + n' in text else 1)}"


async def run(coder: Coder, problem: Problem = DOUBLE, rounds: int = 2, resamples: int = 0) -> SolveResult:
    config = replace(CONFIG, rounds=rounds, resamples=resamples)
    return await solve(problem, config, Model(ScriptedCompleter(coder), "tagged"))


async def test_it_stops_when_the_best_agrees_with_every_test() -> None:
    result = await run(Coder([WRONG, RIGHT, "nonsense("]))
    assert result.stop is StopReason.AGREED
    assert (result.best, result.rounds) == ("c2", 0)
    assert result.ranking.scores == {"c2": 1.0, "c1": 0.5}
    assert [rejected.text for rejected in result.rejected] == ["nonsense("]


async def test_a_repair_that_agrees_wins() -> None:
    result = await run(Coder([WRONG], [RIGHT]))
    assert result.stop is StopReason.AGREED
    assert (result.best, result.rounds) == ("c2", 1)
    assert (result.candidates[1].parent, result.candidates[1].round) == ("c1", 1)
    assert len(result.simulations) == 4
    assert result.phases["fix"].requests == 2
    assert result.phases["simulate"].requests == 4


async def test_where_repairs_do_not_help_a_new_program_may() -> None:
    result = await run(Coder([WRONG] * 5 + [RIGHT], [WRONG]), resamples=2)  # four at the start, two in the first round
    assert (result.stop, result.best, result.rounds) == (StopReason.AGREED, "c2", 1)
    assert (result.candidates[1].parent, result.candidates[1].round) == (None, 1)
    assert result.phases["fix"].requests == 2 + 2


async def test_it_stops_at_the_round_limit() -> None:
    repairs: list[Answer] = [f"def double(n):\n    return n - {i}" for i in range(8)]
    result = await run(Coder([WRONG], repairs))
    assert result.stop is StopReason.ROUND_LIMIT
    assert result.rounds == 2
    assert {candidate.round for candidate in result.candidates} == {0, 1, 2}


async def test_without_rounds_it_only_ranks() -> None:
    result = await run(Coder([WRONG]), rounds=0)
    assert (result.stop, result.rounds, result.best) == (StopReason.ROUND_LIMIT, 0, "c1")


async def test_a_round_that_brings_nothing_new_is_followed_by_others_up_to_the_limit() -> None:
    result = await run(Coder([WRONG], [WRONG, "nonsense("]))
    assert result.stop is StopReason.ROUND_LIMIT
    assert (result.best, result.rounds) == ("c1", 2)
    assert {candidate.round for candidate in result.candidates} == {0}


async def test_it_stops_without_a_candidate() -> None:
    result = await run(Coder(["nonsense("]))
    assert (result.stop, result.best, result.candidates) == (StopReason.NO_CANDIDATE, None, ())
    assert len(result.rejected) == 4


@pytest.mark.parametrize("tests", [(), (IOTest("2"),)])
async def test_without_expected_outputs_it_ranks_and_stops(tests: tuple[IOTest, ...]) -> None:
    result = await run(Coder([WRONG, RIGHT]), replace(DOUBLE, public_tests=tests))
    assert (result.stop, result.best) == (StopReason.NO_TESTS, "c1")
    assert len(result.simulations) == 2 * len(tests)


async def test_costs_add_up_and_progress_is_told() -> None:
    completer = ScriptedCompleter(Coder([WRONG], [RIGHT]))
    events: list[Event] = []
    result = await solve(DOUBLE, CONFIG, Model(completer, "tagged"), events.append)
    assert sum(phase.requests for phase in result.phases.values()) == len(completer.requests) == len(events)
    assert sum((phase.usage for phase in result.phases.values()), Usage()).prompt_tokens == 10 * len(events)
    assert [(e.phase, e.round) for e in events if e.done == e.total] == [
        ("sample", 0),
        ("simulate", 0),
        ("fix", 1),
        ("simulate", 1),
    ]


async def test_the_same_seed_gives_the_same_result() -> None:
    def facts(result: SolveResult) -> SolveResult:
        return replace(result, phases={})

    assert facts(await run(Coder([WRONG, RIGHT]))) == facts(await run(Coder([WRONG, RIGHT])))


@pytest.mark.parametrize("error", [ContextLengthError("the statement is too long"), CompleterUnavailable("gone")])
async def test_what_no_stage_can_mend_is_raised(error: Exception) -> None:
    with pytest.raises(type(error), match=str(error)):
        await run(Coder([error]))


async def test_cancelling_ends_every_request() -> None:
    completer = ScriptedCompleter(Coder([WRONG]), delay=30)
    task = asyncio.create_task(solve(DOUBLE, CONFIG, Model(completer, "tagged")))
    await asyncio.sleep(0.05)
    assert completer.in_flight == 4
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (completer.cancelled, completer.in_flight) == (4, 0)


async def test_nothing_is_repaired_where_the_model_cannot_tell() -> None:
    completer = ScriptedCompleter({"<|predict|>": completion("no idea"), "<|solve|>": completion(WRONG)})
    result = await solve(DOUBLE, CONFIG, Model(completer, "tagged"))
    assert (result.stop, result.rounds) == (StopReason.NOT_REFUTED, 0)


@pytest.mark.parametrize(("bias", "believed"), [(9.0, False), (-9.0, True)])
async def test_only_a_failure_that_is_believed_starts_repairs(bias: float, believed: bool) -> None:
    assert BELIEF.prior is not None
    belief = replace(BELIEF, prior=replace(BELIEF.prior, bias=bias, repair=bias))
    model = Model(ScriptedCompleter(Coder([WRONG], [WRONG])), "tagged", belief=belief)
    result = await solve(DOUBLE, CONFIG, model)
    expected = (StopReason.ROUND_LIMIT, CONFIG.rounds) if believed else (StopReason.NOT_REFUTED, 0)
    assert (result.stop, result.rounds) == expected
