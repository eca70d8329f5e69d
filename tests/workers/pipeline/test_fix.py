from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes import Answer, ScriptedCompleter, prompt_text
from tests.workers.pipeline.problems import CONFIG, DOUBLE, candidate, simulation
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.errors import ContextLengthError
from workers.pipeline.fix import evidence, fix
from workers.pipeline.model import Model
from workers.pipeline.prompts import tagged
from workers.pipeline.rank import rank
from workers.pipeline.types import IOTest, Problem, Verdict

pytestmark = pytest.mark.anyio
PASS, FAIL, ABSTAIN = Verdict.PASS, Verdict.FAIL, Verdict.ABSTAIN
CANDIDATES = [candidate(i, f"def double(n): return {i}") for i in (1, 2, 3, 4)]
SIMULATIONS = [
    simulation(f"c{i}", test, verdict)
    for i, row in enumerate([[PASS, ABSTAIN], [PASS, FAIL], [FAIL, FAIL], [ABSTAIN, FAIL]], 1)
    for test, verdict in enumerate(row)
]
RANKING = rank(DOUBLE, CANDIDATES, SIMULATIONS)


async def test_the_best_failing_candidates_are_repaired() -> None:
    def script(request: CompletionRequest) -> Answer:
        return f"def double(n): return n + {request.seed}"

    completer = ScriptedCompleter(script)
    found = await fix(DOUBLE, CANDIDATES, SIMULATIONS, RANKING, Model(completer, "tagged"), CONFIG, round=2)
    assert RANKING.order == ("c1", "c2", "c4", "c3")
    assert [(c.id, c.parent, c.round) for c in found.candidates] == [
        ("c5", "c2", 2),
        ("c6", "c2", 2),
        ("c7", "c4", 2),
        ("c8", "c4", 2),
    ]
    assert [r.seed for r in completer.requests] == [108, 109, 110, 111]
    assert "<|input|>0<|expected|>0<|predicted|>0" in prompt_text(completer.requests[0].prompt)


async def test_new_programs_are_asked_for_besides_with_the_seeds_after_those_of_the_samples() -> None:
    completer = ScriptedCompleter(lambda request: f"def double(n): return n * {request.seed}")
    config = replace(CONFIG, repairs=1, repair_samples=1, resamples=2)
    model = Model(completer, "tagged")
    found = await fix(DOUBLE, CANDIDATES, SIMULATIONS, RANKING, model, config, round=2)
    assert [(c.id, c.parent, c.round) for c in found.candidates] == [("c5", "c2", 2), ("c6", None, 2), ("c7", None, 2)]
    repair, *new = completer.requests
    assert repair.seed == 105
    assert [request.prompt for request in new] == [tagged.solve(DOUBLE)] * 2
    assert [request.seed for request in new] == [106, 107]  # round 1 had 104 and 105


async def test_repetitions_and_prompts_that_are_too_long_are_rejected_with_a_reason() -> None:
    script: dict[str, Answer] = {
        "return 2": "def double(n): return 1 # again",
        "return 4": ContextLengthError("9000 tokens"),
    }
    model = Model(ScriptedCompleter(script), "tagged")
    found = await fix(DOUBLE, CANDIDATES, SIMULATIONS, RANKING, model, CONFIG, round=1)
    assert found.candidates == ()
    assert [r.reason for r in found.rejected] == [
        "the same program as c1",
        "the same program as c1",
        "the repair prompt is too long: 9000 tokens",
        "the repair prompt is too long: 9000 tokens",
    ]


async def test_without_a_failing_prediction_nothing_is_asked() -> None:
    completer = ScriptedCompleter({})
    simulations = [simulation("c1", 0, ABSTAIN), simulation("c1", 1, PASS)]
    ranking = rank(DOUBLE, CANDIDATES[:1], simulations)
    found = await fix(DOUBLE, CANDIDATES[:1], simulations, ranking, Model(completer, "tagged"), CONFIG, round=1)
    assert (found.candidates, completer.requests) == ((), [])


def test_evidence_shows_sure_failures_first_then_doubtful_passes() -> None:
    problem = Problem("?", public_tests=tuple(IOTest(str(i), "0") for i in range(5)))
    own = [
        simulation("c1", 0, PASS, confidence=0.9),
        simulation("c1", 1, FAIL, confidence=0.2),
        simulation("c1", 2, ABSTAIN),
        simulation("c1", 3, FAIL, confidence=0.8),
        simulation("c1", 4, PASS, confidence=0.1),
    ]
    assert [test.input for test, _ in evidence(problem, own, 9)] == ["3", "1", "4", "0"]
    assert [test.input for test, _ in evidence(problem, own, 2)] == ["3", "1"]
