"""The oracle's loop is the pipeline's, but what programs do is true and no run is asked of the model."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from models.eval.oracle import Execution
from models.sandbox import ExecResult, ExecStatus, Sandbox, SandboxUnavailable
from tests.fakes import ScriptedCompleter, prompt_text
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.config import PipelineConfig
from workers.pipeline.model import Model
from workers.pipeline.prompts import tagged
from workers.pipeline.solve import solve
from workers.pipeline.types import Candidate, IOTest, Problem, StopReason, Verdict

PROBLEM = Problem("double", "function", "f", tuple(IOTest(str(n), str(2 * n)) for n in range(3)))
ONE = PipelineConfig(candidates=1, repairs=1, repair_samples=1)


def writes(request: CompletionRequest) -> str:
    """A wrong program at first, and the right one as a repair; runs are never told."""
    text = prompt_text(request.prompt)
    assert not text.startswith(tagged.PREDICT)
    right = "def f(x):\n    return 2 * x"
    return (right if text.startswith(tagged.FIX) else "def f(x):\n    return x + 1") + tagged.END


@pytest.mark.anyio
async def test_repairs_begin_with_what_really_happens() -> None:
    completer = ScriptedCompleter(writes)
    with Sandbox() as sandbox, Execution(sandbox) as execution:
        result = await solve(PROBLEM, ONE, Model(completer, "tagged", 512), simulate=execution)
    assert (result.stop, result.best, result.rounds) == (StopReason.AGREED, "c2", 1)
    own = {c.id: [s for s in result.simulations if s.candidate == c.id] for c in result.candidates}
    assert [s.verdict for s in own["c1"]] == [Verdict.FAIL, Verdict.PASS, Verdict.FAIL]
    assert [s.prediction.output for s in own["c1"]] == ["1", "2", "3"]
    assert [s.passes for s in own["c2"]] == [1.0, 1.0, 1.0]
    assert f"{tagged.PREDICTED}1" in prompt_text(completer.requests[1].prompt)


@pytest.mark.anyio
async def test_a_test_without_an_expected_output_is_not_judged() -> None:
    asked = Problem("", "function", "f", (IOTest("1"), IOTest("1", "1")))
    candidate = Candidate("c1", "def f(x):\n    return x")
    with Sandbox() as sandbox, Execution(sandbox) as execution:
        seen = await execution(asked, [candidate], Model(ScriptedCompleter({}), "tagged", 512), ONE, (), None)
    assert [(s.verdict, s.passes) for s in seen.simulations] == [(Verdict.ABSTAIN, None), (Verdict.PASS, 1.0)]


@pytest.mark.anyio
async def test_what_the_sandbox_loses_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sandbox, "run_tests", lambda *_: [ExecResult(ExecStatus.INFRASTRUCTURE, kind="lost")])
    with Sandbox() as sandbox, pytest.raises(SandboxUnavailable, match="failed twice"), Execution(sandbox) as execution:
        await execution(PROBLEM, [Candidate("c1", "")], Model(ScriptedCompleter({}), "tagged", 512), ONE, (), None)


@pytest.mark.anyio
async def test_whatever_ends_it_no_run_goes_on_in_a_closed_sandbox() -> None:
    slow = Candidate("c1", "import time\ndef f(x):\n    time.sleep(0.3)\n    return x")
    model = Model(ScriptedCompleter({}), "tagged", 512)
    with pytest.raises(KeyError), Sandbox() as sandbox, Execution(sandbox) as execution:
        task = asyncio.ensure_future(execution(PROBLEM, [slow, replace(slow, id="c2")], model, ONE, (), None))
        await asyncio.sleep(0.1)
        task.cancel()
        raise KeyError  # what comes out is this, not what a run in a closed sandbox would raise
