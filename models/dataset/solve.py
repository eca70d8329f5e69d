"""Solve rows: a statement with its public tests, answered by each of several programs that pass all tests."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from models.config import DataConfig
from models.dataset.draft import Draft
from models.dataset.example import Example, answer
from models.dataset.testcases import suite
from workers.pipeline.prompts import prompts


def solve(draft: Draft, config: DataConfig, _rng: Random) -> list[Example]:
    """One example for each solution that is wanted and found. Raises `Dropped`.

    The tagged prompt shows no tests, as it shows none when serving; the chat prompt shows the public ones.
    """
    posed = draft.posed
    assert posed is not None
    tests = suite(draft.source, posed)
    problem = replace(posed.problem, public_tests=tests.public)
    prompt = prompts(config.style).solve(problem)  # type: ignore[arg-type]
    solutions = (draft.source.code, *posed.writings)[: posed.solutions]
    return [Example(prompt, answer(code, config), code, {"tests": tests.column()}) for code in solutions]
