"""The belief that is fitted: what is known of made-up candidates comes out again, and too few of them say little."""

from __future__ import annotations

import math
from random import Random

import pytest

from models.eval import believing
from models.eval.believing import Seen
from models.eval.fitting import FACTS
from models.eval.stats import brier, expected_calibration_error
from models.sandbox import Sandbox
from tests.fakes import Answer, ScriptedCompleter, completion, prompt_text
from tests.models.eval.handmade import TASK
from workers.pipeline.believe import Belief, Pool, pool
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.config import PipelineConfig
from workers.pipeline.model import Model
from workers.pipeline.types import Candidate, Verdict

PASS, FAIL, ABSTAIN = Verdict.PASS, Verdict.FAIL, Verdict.ABSTAIN
SAID = {True: (0.6, 0.3, 0.1), False: (0.1, 0.6, 0.3)}
"""How often a test that is passed, and one that is not, is called passed, failed, neither."""


def drawn(count: int, seed: int = 0, slope: float = 10.0) -> list[Seen]:
    """Four candidates for each problem, whose log-probability decides, with `slope`, how likely they pass each test."""
    rng = Random(seed)
    ease, out = 0.0, []
    for number in range(count):
        if number % 4 == 0:
            ease = -0.3 * rng.random()
        logprob = ease - 0.1 * rng.random()
        chance = 1 / (1 + math.exp(-(1.5 + slope * logprob)))
        passes = tuple(rng.random() < chance for _ in range(3))
        said = tuple(rng.choices((PASS, FAIL, ABSTAIN), SAID[truth])[0] for truth in passes)
        out.append(Seen(f"p{number // 4}", Candidate(f"c{number % 4}", "x", logprob=logprob), said, passes))
    return out


def believed(belief: Belief, seen: list[Seen]) -> list[tuple[float, bool]]:
    """For each test the probability that it is passed, and whether it is."""
    out: list[tuple[float, bool]] = []
    for one in seen:
        beside = pool(other.candidate for other in seen if other.problem == one.problem)
        out += zip(belief.passes(belief.log_odds(one.candidate, beside), one.said), one.passes, strict=True)
    return out


def test_what_the_candidates_were_made_with_comes_out_again() -> None:
    belief = believing.fit(drawn(4000))
    told = zip(Verdict, SAID[True], SAID[False], strict=True)
    assert belief.ratios == {said: pytest.approx(passed / failed, rel=0.1) for said, passed, failed in told}
    assert belief.prior.bias == pytest.approx(1.5, abs=0.4)
    assert belief.prior.ease == pytest.approx(10.0, rel=0.2)
    assert belief.prior.likelihood == pytest.approx(10.0, rel=0.4)
    assert belief.carry < 0.1  # the tests were drawn independently


def test_beliefs_are_honest_on_candidates_they_were_not_fitted_on() -> None:
    measured = believed(believing.fit(drawn(1000)), drawn(400, seed=1))
    assert expected_calibration_error([measured]).mean < 0.05
    assert brier([measured]).mean < brier([[(0.5, passed) for _, passed in measured]]).mean - 0.05


def test_tests_that_fall_together_carry_to_one_another() -> None:
    rng = Random(0)
    seen = []
    for number in range(800):
        right = rng.random() < 0.5
        said = tuple(rng.choices((PASS, FAIL, ABSTAIN), SAID[right])[0] for _ in range(3))
        seen.append(Seen(f"p{number // 4}", Candidate(f"c{number % 4}", "x"), said, (right,) * 3))
    assert believing.fit(seen).carry > 0.8


def test_a_verdict_that_only_goes_with_easy_problems_is_no_evidence() -> None:
    rng = Random(0)
    seen = []
    for number in range(800):
        easy = number // 4 % 2 == 0
        passes = tuple(rng.random() < (0.9 if easy else 0.2) for _ in range(3))
        seen.append(Seen(f"p{number // 4}", Candidate(f"c{number % 4}", "x"), (PASS if easy else FAIL,) * 3, passes))
    assert believing.fit(seen).ratios == {said: pytest.approx(1.0, abs=0.01) for said in Verdict}


def test_what_nothing_was_measured_on_says_nothing() -> None:
    belief = believing.fit([])
    assert set(belief.ratios.values()) == {1.0}
    assert belief.passes(belief.log_odds(Candidate("c1", "x", logprob=-1.0), Pool(8, -0.5)), [FAIL, PASS]) == [0.5, 0.5]


@pytest.mark.parametrize("truth", [True, False])
def test_one_sided_facts_give_finite_numbers(truth: bool) -> None:
    seen = [Seen(f"p{i}", Candidate("c1", "x", logprob=-0.1), (PASS, FAIL), (truth, truth)) for i in range(50)]
    belief = believing.fit(seen)
    chances = belief.passes(belief.log_odds(seen[0].candidate, Pool(1, -0.1)), [ABSTAIN, ABSTAIN])
    assert all(0.0 < chance < 1.0 and (chance > 0.5) == truth for chance in chances)


def test_a_likelier_program_is_never_believed_less() -> None:
    assert believing.fit(drawn(400, slope=-20.0)).prior.likelihood == 0.0


def test_the_order_of_the_candidates_says_nothing() -> None:
    seen = drawn(200)
    one, other = believing.fit(seen), believing.fit(seen[::-1])
    assert one.ratios == pytest.approx(other.ratios)
    assert one.carry == pytest.approx(other.carry)


def test_only_repairs_that_the_belief_would_ask_for_count() -> None:
    samples = drawn(600)
    parents = [
        Seen("q", Candidate("c1", "x", logprob=-0.3), (FAIL, FAIL, FAIL), (False, False, False)),
        Seen("r", Candidate("c1", "x", logprob=0.0), (PASS, PASS, FAIL), (True, True, True)),
    ]

    def repairs(of_refuted: bool, of_kept: bool) -> list[Seen]:
        made = (("q", of_refuted), ("r", of_kept))
        return [Seen(p, Candidate("c2", "y", parent="c1", round=1), (PASS,) * 3, (right,) * 3) for p, right in made]

    def fitted(of_refuted: bool, of_kept: bool) -> float:
        return believing.fit([*samples, *parents, *repairs(of_refuted, of_kept)]).prior.repair

    assert fitted(False, True) == fitted(False, False) < fitted(True, False) == fitted(True, True)
    assert believing.fit([*samples, *parents]).prior.repair == 0.0  # nothing was measured


@pytest.mark.anyio
async def test_candidates_are_measured_by_really_running_them() -> None:
    programs = ["def f(x):\n    return x", "def f(x):\n    return 1"]

    def answer(request: CompletionRequest) -> Answer:
        if prompt_text(request.prompt).startswith("<|solve|>"):
            return completion(programs[(request.seed or 0) % 2], logprob=-0.2)
        return "<|output|>1"

    with Sandbox() as sandbox:
        seen = await believing.measure(
            [TASK], Model(ScriptedCompleter(answer), "tagged"), PipelineConfig(candidates=4), sandbox, rounds=0
        )
    assert [(one.said, one.passes) for one in seen] == [((PASS, FAIL), (True, True)), ((PASS, FAIL), (True, False))]
    assert [one.candidate.duplicates for one in seen] == [1, 1]
    assert FACTS.validate_json(FACTS.dump_json(seen)) == seen


@pytest.mark.anyio
async def test_it_is_measured_on_the_first_draw_and_on_repairs_alone() -> None:
    def answer(request: CompletionRequest) -> Answer:
        text = prompt_text(request.prompt)
        if text.startswith("<|predict|>"):
            return "<|output|>9"
        return f"def f(x):\n    return {'x' if text.startswith('<|solve|>') else '-x'} + {request.seed}"

    with Sandbox() as sandbox:
        model = Model(ScriptedCompleter(answer), "tagged")
        seen = await believing.measure([TASK], model, PipelineConfig(candidates=2, resamples=4), sandbox)
    assert {one.candidate.round for one in seen} == {0, 1}
    assert all((one.candidate.parent is None) is (one.candidate.round == 0) for one in seen)
