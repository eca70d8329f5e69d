from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes import Answer, ScriptedCompleter, completion, prompt_text
from tests.workers.pipeline.problems import BELIEF, CONFIG, DOUBLE, ECHO, candidate
from workers.pipeline.believe import Others, Pool
from workers.pipeline.calibrate import Bin
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.errors import CompleterTimeout, ContextLengthError
from workers.pipeline.model import Model
from workers.pipeline.simulate import judge, simulate, verdict
from workers.pipeline.types import Candidate, Completion, IOTest, Prediction, Verdict

pytestmark = pytest.mark.anyio
POOL = Pool(8, -0.5)
CANDIDATES = [candidate(1, "def double(n): return n"), candidate(2, "def double(n): return n + n")]


def right(request: CompletionRequest) -> Answer:
    text = prompt_text(request.prompt)
    number = int(text.split("<|input|>")[1].split("<|trace|>")[0])
    return f"<|output|>{2 * number if 'n + n' in text else number}"


async def test_every_candidate_meets_every_test() -> None:
    found = await simulate(DOUBLE, CANDIDATES, Model(ScriptedCompleter(right), "tagged"), CONFIG)
    assert [(s.candidate, s.test, s.prediction.output, s.verdict) for s in found.simulations] == [
        ("c1", 0, "2", Verdict.FAIL),
        ("c1", 1, "0", Verdict.PASS),
        ("c2", 0, "4", Verdict.PASS),
        ("c2", 1, "0", Verdict.PASS),
    ]
    assert found.cost.requests == 4


@pytest.mark.parametrize(("concurrency", "peak"), [(64, 12), (5, 5), (1, 1)])
async def test_all_requests_are_in_flight_at_once_within_the_bound(concurrency: int, peak: int) -> None:
    completer = ScriptedCompleter(right, delay=0.005)
    config = replace(CONFIG, concurrency=concurrency, votes=3)
    told: list[tuple[int, int]] = []
    await simulate(DOUBLE, CANDIDATES, Model(completer, "tagged"), config, progress=lambda *at: told.append(at))
    assert completer.peak == peak
    assert told == [(done, 12) for done in range(1, 13)]


async def test_known_simulations_are_not_asked_for_again() -> None:
    completer = ScriptedCompleter(right)
    model = Model(completer, "tagged")
    first = await simulate(DOUBLE, CANDIDATES[:1], model, CONFIG)
    both = await simulate(DOUBLE, CANDIDATES, model, CONFIG, known=first.simulations)
    assert both.cost.requests == 2
    assert len(completer.requests) == 4
    assert both.simulations[:2] == first.simulations


async def test_a_broken_prediction_never_hides_others() -> None:
    def script(request: CompletionRequest) -> Answer:
        text = prompt_text(request.prompt)
        if "<|input|>2" not in text:
            return right(request)
        return ContextLengthError("the program is too long") if "n + n" in text else "no outcome"

    found = await simulate(DOUBLE, CANDIDATES, Model(ScriptedCompleter(script), "tagged"), CONFIG)
    assert [s.verdict for s in found.simulations] == [Verdict.ABSTAIN, Verdict.PASS] * 2
    assert [s.prediction.reason for s in found.simulations] == ["no outcome tag", "", "the program is too long", ""]


async def test_a_failing_server_ends_the_phase_and_every_request() -> None:
    def script(request: CompletionRequest) -> Answer:
        return CompleterTimeout("no answer")

    class FirstFails(ScriptedCompleter):
        async def complete(self, request: CompletionRequest) -> Completion:
            self._delay = 0.01 if not self.requests else 30
            return await super().complete(request)

    completer = FirstFails(script)
    with pytest.raises(CompleterTimeout):
        await simulate(DOUBLE, CANDIDATES, Model(completer, "tagged"), CONFIG)
    assert (completer.cancelled, completer.in_flight) == (3, 0)


async def test_cancelling_reaches_every_request() -> None:
    completer = ScriptedCompleter(right, delay=30)
    task = asyncio.create_task(simulate(DOUBLE, CANDIDATES, Model(completer, "tagged"), CONFIG))
    await asyncio.sleep(0.05)
    assert completer.in_flight == 4
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (completer.cancelled, completer.in_flight) == (4, 0)


@pytest.mark.parametrize(
    ("prediction", "test", "expected"),
    [
        (Prediction(output="hi", finishes=True), IOTest("", "hi\n"), Verdict.PASS),
        (Prediction(output="ho", finishes=True), IOTest("", "hi\n"), Verdict.FAIL),
        (Prediction(raises="EOFError", finishes=True), IOTest("", "hi\n"), Verdict.FAIL),
        (Prediction(finishes=False), IOTest("", "hi\n"), Verdict.FAIL),
        (Prediction(reason="?"), IOTest("", "hi\n"), Verdict.ABSTAIN),
        (Prediction(output="hi", finishes=True), IOTest(""), Verdict.ABSTAIN),
    ],
)
def test_verdicts(prediction: Prediction, test: IOTest, expected: Verdict) -> None:
    assert verdict(prediction, test, ECHO) is expected


@pytest.mark.parametrize(
    ("output", "confidence", "expected"),
    [("4", 0.1, Verdict.PASS), ("5", 0.49, Verdict.ABSTAIN), ("5", 0.5, Verdict.FAIL)],
)
def test_a_doubtful_failure_is_no_verdict_but_a_doubtful_pass_is(
    output: str, confidence: float, expected: Verdict
) -> None:
    prediction = Prediction(output=output, finishes=True, confidence=confidence)
    assert verdict(prediction, IOTest("2", "4"), DOUBLE, floor=0.5) is expected


@pytest.mark.parametrize(("table", "expected"), [((), Verdict.FAIL), ((Bin(0, 1, 0.3, 9),), Verdict.ABSTAIN)])
async def test_the_floor_counts_only_where_confidence_was_calibrated(table: tuple[Bin, ...], expected: Verdict) -> None:
    model = Model(ScriptedCompleter({"": completion("<|output|>999")}), "tagged", calibration=table)
    wrong = Candidate("c1", "def double(n):\n    return 999")
    found = await simulate(DOUBLE, [wrong], model, CONFIG)
    assert {s.verdict for s in found.simulations} == {expected}


def judged(model: Model, *outputs: str | None, confidence: float = 0.6, **looks: float) -> list[tuple[Verdict, float]]:
    """What is said of a candidate with these predicted outputs on the tests 2 → 4 and 0 → 0."""
    predictions = [Prediction(output=o, finishes=o and True, confidence=confidence) for o in outputs]
    found = judge(DOUBLE, candidate(1, **looks), predictions, POOL, model, CONFIG)
    return [(simulation.verdict, simulation.passes or 0.0) for simulation in found]


def test_a_failure_is_a_verdict_only_where_the_program_more_likely_fails() -> None:
    model = Model(ScriptedCompleter({}), "tagged", belief=BELIEF)
    likely, unlikely = {"logprob": 0.0, "duplicates": 7}, {"logprob": -1.0}
    assert judged(model, "5", "1", confidence=0.4, **likely)[0][0] is Verdict.ABSTAIN
    assert judged(model, "5", "1", confidence=0.4, **unlikely)[0][0] is Verdict.FAIL
    assert judged(model, "4", "0", **unlikely)[0][0] is Verdict.PASS
    for looks in (likely, unlikely):
        for said, chance in judged(model, "5", "0", **looks):
            assert (said is Verdict.FAIL) == (said is not Verdict.PASS and chance < 0.5)


def test_what_is_said_of_the_program_moves_the_belief_of_each_test() -> None:
    model = Model(ScriptedCompleter({}), "tagged", belief=BELIEF)
    chances = [judged(model, *outputs)[0][1] for outputs in (("4", "0"), ("4", None), ("4", "1"), ("5", "1"))]
    assert chances == sorted(set(chances), reverse=True)


def test_a_test_without_an_expected_output_is_no_evidence() -> None:
    model = Model(ScriptedCompleter({}), "tagged", belief=BELIEF)
    predictions = [Prediction(output="hi", finishes=True, confidence=0.6)] * 2
    first, second = judge(ECHO, candidate(1), predictions, POOL, model, CONFIG)
    alone = replace(ECHO, public_tests=ECHO.public_tests[:1])
    assert first.passes == judge(alone, candidate(1), predictions[:1], POOL, model, CONFIG)[0].passes
    assert second.verdict is Verdict.ABSTAIN


@pytest.mark.parametrize("model", [{}, {"calibration": (Bin(0, 1, 0.3, 9),)}, {"belief": BELIEF}])
async def test_a_belief_is_for_single_runs_and_only_where_it_was_measured(model: dict[str, Any]) -> None:
    asked = Model(ScriptedCompleter(right), "tagged", **model)
    single = await simulate(DOUBLE, CANDIDATES, asked, CONFIG)
    voted = await simulate(DOUBLE, CANDIDATES, asked, replace(CONFIG, votes=3))
    assert all((s.passes is None) == ("belief" not in model) for s in single.simulations)
    assert all(s.passes is None for s in voted.simulations)


def of_others(model: Model) -> list[tuple[Verdict, float | None]]:
    """Of a run that is probably right and says fail, one that is probably wrong and says so, and one that says pass."""
    said = [
        Prediction(output=out, finishes=True, confidence=sure) for out, sure in (("5", 0.8), ("5", 0.3), ("4", 0.6))
    ]
    problem = replace(DOUBLE, public_tests=(IOTest("2", "4"),) * 3)
    lone = Candidate("c1", "def double(n): return n", logprob=-3.0)
    return [(s.verdict, s.passes) for s in judge(problem, lone, said, POOL, model.of_others(CONFIG), CONFIG)]


def test_programs_of_others_are_judged_by_what_was_measured_of_such() -> None:
    model = Model(ScriptedCompleter({}), "tagged", belief=BELIEF, others=(Others((Bin(0, 1, 0.3, 9),), 0.25),))
    assert of_others(model) == [
        (Verdict.FAIL, pytest.approx(0.2 / (0.2 + 0.8 + 0.2 * 0.75))),
        (Verdict.ABSTAIN, 0.5),
        (Verdict.PASS, pytest.approx(0.6 / (0.6 + 0.4 * 0.25))),
    ]


def test_what_was_measured_with_one_number_of_votes_says_nothing_of_another() -> None:
    single, voted = Others((Bin(0, 1, 0.3, 9),), 0.25), Others((Bin(0, 1, 0.6, 9),), 0.1, votes=5)
    model = Model(ScriptedCompleter({}), "tagged", belief=BELIEF, others=(single, voted))
    asked = [replace(CONFIG, votes=votes) for votes in (1, 5, 3)] + [replace(CONFIG, votes=5, voting="samples")]
    assert [model.of_others(config).belief for config in asked] == [single, voted, None, None]
    five, said = model.of_others(asked[1]), [Prediction(output="4", finishes=True, confidence=0.6)]
    problem, lone = replace(DOUBLE, public_tests=(IOTest("2", "4"),)), Candidate("c1", "def double(n): return n")
    judged = [judge(problem, lone, said, POOL, five, replace(CONFIG, votes=votes))[0].passes for votes in (5, 1)]
    assert judged == [pytest.approx(0.6 / (0.6 + 0.4 * 0.1)), None]


def test_where_nothing_was_measured_of_others_the_belief_in_own_programs_says_nothing_of_them() -> None:
    model = Model(ScriptedCompleter({}), "tagged", belief=BELIEF, calibration=(Bin(0, 1, 0.3, 9),))
    assert of_others(model) == [(Verdict.FAIL, None), (Verdict.ABSTAIN, None), (Verdict.PASS, None)]


async def test_how_many_samples_agree_is_part_of_the_belief() -> None:
    model = Model(ScriptedCompleter(right), "tagged", belief=BELIEF)
    twice = [replace(CANDIDATES[0], duplicates=1), CANDIDATES[1]]
    once, more = [(await simulate(DOUBLE, own, model, CONFIG)).simulations[0].passes for own in (CANDIDATES, twice)]
    assert once is not None and more is not None and more > once
