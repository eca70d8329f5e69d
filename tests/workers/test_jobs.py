"""Job bodies by themselves: what they ask the model, how failures are named. Whole jobs: tests/service."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes import ScriptedCompleter
from workers import jobs, wire
from workers.events import Progress
from workers.pipeline import errors
from workers.pipeline.believe import Others
from workers.pipeline.calibrate import Bin
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import DeskcheckError
from workers.pipeline.model import Model

ERRORS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, DeskcheckError)]


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_of_the_tree_has_a_reason_the_api_knows(kind: type[DeskcheckError]) -> None:
    slug = jobs.slug(kind("why"))
    assert slug in wire.FAILURES
    assert issubclass(kind, errors.CompleterError) <= slug.startswith(("model-", "internal"))


def test_the_closest_reason_is_given() -> None:
    assert jobs.slug(errors.ContextLengthError("x")) == "context-length"
    assert jobs.slug(errors.InputError("x")) == "invalid-input"
    assert jobs.slug(errors.CompleterTimeout("x")) == "model-timeout"


@pytest.mark.parametrize("kind", wire.KINDS)
def test_the_names_in_the_queue_are_functions_here(kind: wire.Kind) -> None:
    module, _, name = wire.FUNCTIONS[kind].rpartition(".")
    assert module == jobs.__name__
    assert "limit_s" in inspect.signature(getattr(jobs, name)).parameters


def test_a_body_outside_a_worker_is_a_programming_error() -> None:
    with pytest.raises(RuntimeError, match="RQ worker"):
        jobs.predict("x", "1", "function", None, 1.0)


async def asked(monkeypatch: pytest.MonkeyPatch, **more: Any) -> list[tuple[int, float, float, int | None]]:
    """What a predict job asks of the model: token limit, temperature, top_p and seed of each request."""
    works: list[jobs.Work] = []
    monkeypatch.setattr(jobs, "_run", lambda work, *_: works.append(work))
    jobs.predict(code="def f(x):\n    return x", input="1", io="function", entry_point="f", limit_s=1.0, **more)
    completer = ScriptedCompleter({"": "2 return x <|output|>1"})
    await works[0](Model(completer, "tagged"), Progress.__new__(Progress))
    return [(r.max_tokens, r.temperature, r.top_p, r.seed) for r in completer.requests]


@pytest.mark.anyio
async def test_a_prediction_is_made_as_its_config_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await asked(monkeypatch, config={"max_narrative_tokens": 5000, "seed": 7}) == [(5000, 0.0, 1.0, 7)]
    voted = {"votes": 2, "seed": 7, "vote_temperature": 0.9, "top_p": 0.5}
    assert await asked(monkeypatch, config=voted) == [(1536, 0.0, 1.0, 7)] * 2
    sampled = voted | {"voting": "samples"}
    assert await asked(monkeypatch, config=sampled) == [(1536, 0.9, 0.5, 7), (1536, 0.9, 0.5, 8)]


@pytest.mark.anyio
async def test_a_prediction_asked_for_without_a_config_goes_by_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    default = PipelineConfig()
    assert await asked(monkeypatch) == [(default.max_narrative_tokens, 0.0, 1.0, default.seed)]


@pytest.mark.anyio
async def test_a_users_program_is_predicted_with_the_confidence_measured_on_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    works: list[jobs.Work] = []
    monkeypatch.setattr(jobs, "_run", lambda work, *_: works.append(work))
    jobs.predict("def f(x):\n    return x", "1", "function", "f", 1.0)
    own, others = (Bin(0.0, 1.0, accuracy, 10) for accuracy in (0.9, 0.3))
    model = Model(ScriptedCompleter({"": "2 return x <|output|>1"}), "tagged", calibration=(own,))
    assert (await works[0](model, Progress.__new__(Progress))).confidence == 0.9
    measured = replace(model, others=(Others((others,), 0.2),))
    assert (await works[0](measured, Progress.__new__(Progress))).confidence == 0.3
