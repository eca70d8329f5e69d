"""Job bodies by themselves: how failures are named, and that a body needs a job. Whole jobs: tests/service."""

from __future__ import annotations

import inspect

import pytest

from workers import jobs, wire
from workers.pipeline import errors
from workers.pipeline.errors import DeskcheckError

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
