"""Whether two servers of one checkpoint tell the same: greedy predictions of twenty programs, side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from tests.vllm.programs import PROGRAMS
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.config import PipelineConfig
from workers.pipeline.gather import gather
from workers.pipeline.manifest import Manifest
from workers.pipeline.model import Model
from workers.pipeline.openai import OpenAICompleter
from workers.pipeline.predict import predict
from workers.pipeline.types import Completion, Prediction

Endpoint = Literal["completions", "chat"]

CONFIG = PipelineConfig(max_narrative_tokens=384)
"""The programs are short: a run beyond this has lost its way, and vLLM is slow on a CPU."""
AGREEING = 19
"""Of 20 programs, at least this many must get the same prediction from both engines."""
TIE = 1e-3
"""Where they differ, the two best tokens' log-probabilities are no further apart than this."""


@dataclass
class Recorder:
    """A completer that keeps what it was asked and what came back."""

    inner: OpenAICompleter
    seen: list[tuple[CompletionRequest, Completion]] = field(default_factory=list)

    async def complete(self, request: CompletionRequest) -> Completion:
        completion = await self.inner.complete(request)
        self.seen.append((request, completion))
        return completion


@dataclass(frozen=True)
class Told:
    """One prediction with the completion it was read from."""

    prediction: Prediction
    request: CompletionRequest
    completion: Completion

    @property
    def outcome(self) -> tuple[object, ...]:
        return self.prediction.output, self.prediction.raises, self.prediction.finishes, self.prediction.narrative


async def predictions(url: str, manifest: Manifest, endpoint: Endpoint) -> list[Told]:
    """The greedy prediction for each program, all requests in flight at once."""

    async def one(index: int) -> Told:
        recorder, run = Recorder(completer), PROGRAMS[index]
        model = Model(recorder, manifest.prompt_style, manifest.context_length)
        found = await predict(run.code, run.input, model, CONFIG, run.io, None)
        return Told(found, *recorder.seen[0])

    async with OpenAICompleter(url, manifest.name, endpoint=endpoint) as completer:
        return await gather(one(index) for index in range(len(PROGRAMS)))


async def assert_agreement(vllm: str, engine: str, manifest: Manifest, endpoint: Endpoint) -> list[Told]:
    """Fail unless both servers predict the same, near ties aside; what the embedded engine told."""
    ours = await predictions(engine, manifest, "completions")
    theirs = await predictions(vllm, manifest, endpoint)
    assert all(told.completion.token_ids for told in ours + theirs)
    differing = [(one, other) for one, other in zip(ours, theirs, strict=True) if one.outcome != other.outcome]
    for one, other in differing:
        margin = _margin(vllm, manifest, one, other)
        assert margin <= TIE, f"{one.request.prompt.text!r}: {one.completion.text!r} or {other.completion.text!r}"
    assert len(PROGRAMS) - len(differing) >= AGREEING
    return ours


def _margin(url: str, manifest: Manifest, one: Told, other: Told) -> float:
    """How far apart vLLM's two best tokens are where two completions part (in natural log-probability)."""
    ids, others = one.completion.token_ids, other.completion.token_ids
    common = next((i for i, pair in enumerate(zip(ids, others, strict=False)) if pair[0] != pair[1]), None)
    assert common is not None, "one completion is the start of the other: no token was a tie"
    body = {"model": manifest.name, "prompt": one.request.prompt.text, "add_special_tokens": False}
    prompt = _post(url, {**body, "max_tokens": 1, "return_token_ids": True})["prompt_token_ids"]
    best = _post(url, {**body, "prompt": [*prompt, *ids[:common]], "max_tokens": 1, "temperature": 0, "logprobs": 2})
    first, second = sorted(best["logprobs"]["top_logprobs"][0].values(), reverse=True)[:2]
    return float(first - second)


def _post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    response = httpx.post(f"{url}/v1/completions", json=body, timeout=60, trust_env=False).raise_for_status()
    choice: dict[str, Any] = response.json()["choices"][0]
    return choice
