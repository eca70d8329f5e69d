"""The pipeline against a real vLLM server, and vLLM against the embedded engine: one checkpoint, one answer."""

from __future__ import annotations

import pytest

from tests.sources import ROOT
from tests.vllm.agreement import Endpoint, assert_agreement
from workers.load import load_problem
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import ContextLengthError
from workers.pipeline.manifest import Manifest
from workers.pipeline.model import Model
from workers.pipeline.openai import OpenAICompleter
from workers.pipeline.solve import solve
from workers.pipeline.types import Prompt

pytestmark = pytest.mark.vllm


@pytest.mark.anyio
@pytest.mark.parametrize("endpoint", ["completions", "chat"])
async def test_vllm_predicts_what_the_embedded_engine_predicts(
    vllm_url: str, engine_url: str, manifest: Manifest, endpoint: Endpoint
) -> None:
    await assert_agreement(vllm_url, engine_url, manifest, endpoint)


@pytest.mark.anyio
@pytest.mark.parametrize("endpoint", ["completions", "chat"])
async def test_a_problem_is_solved_through_vllm(vllm_url: str, manifest: Manifest, endpoint: Endpoint) -> None:
    problem = load_problem(min((ROOT / "examples").glob("*.json")))
    async with OpenAICompleter(vllm_url, manifest.name, endpoint=endpoint) as completer:
        model = Model(completer, manifest.prompt_style, manifest.context_length, manifest.calibration)
        result = await solve(problem, PipelineConfig(candidates=8, rounds=1), model)
    assert result.best is not None
    assert len(result.simulations) == len(result.candidates) * len(problem.public_tests)
    assert all(simulation.prediction.usage.completion_tokens > 0 for simulation in result.simulations)
    assert result.phases["sample"].requests == 8
    assert any(candidate.logprob < 0 for candidate in result.candidates)


@pytest.mark.anyio
async def test_a_seed_decides_what_vllm_samples(vllm_url: str, manifest: Manifest) -> None:
    async with OpenAICompleter(vllm_url, manifest.name) as completer:

        async def sample(seed: int) -> tuple[int, ...]:
            request = CompletionRequest(Prompt(text="def f(x):\n"), 24, temperature=1.5, seed=seed)
            return (await completer.complete(request)).token_ids

        assert await sample(1) == await sample(1) != await sample(2)


@pytest.mark.anyio
async def test_vllm_refuses_a_prompt_beyond_the_context_and_cuts_max_tokens(vllm_url: str, manifest: Manifest) -> None:
    long = "x1 = 2\n" * manifest.context_length
    async with OpenAICompleter(vllm_url, manifest.name) as completer:
        with pytest.raises(ContextLengthError):
            await completer.complete(CompletionRequest(Prompt(text=long), 16))
        fits = await completer.complete(CompletionRequest(Prompt(text="x = 1\n"), manifest.context_length))
    assert 0 < fits.usage.prompt_tokens + fits.usage.completion_tokens <= manifest.context_length
