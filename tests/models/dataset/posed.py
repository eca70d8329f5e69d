"""Rows of stated problems as several tests need them, drawn once, and their programs run in the sandbox."""

from __future__ import annotations

from collections import Counter
from functools import cache
from random import Random
from typing import Any

from models.config import DataConfig, SourceConfig
from models.dataset import part, sources
from models.dataset.draft import Draft
from models.dataset.records import Dropped
from models.sandbox import ExecResult, Limits, Sandbox
from workers.pipeline.types import IOTest

SOURCE = SourceConfig("composed", 1.0, 0.25, 0.5, 0.25, wrong=0.5, solutions=4, public=2, hidden=6)
SOURCES = (SOURCE, SourceConfig("broad", 0.2, wrong=0.7))


@cache
def made(style: str) -> tuple[tuple[dict[str, Any], ...], Counter[tuple[str, str]]]:
    config = DataConfig("t", SOURCES, rows=150, parts=1, style=style, max_chars=20_000)
    dropped = Counter[tuple[str, str]]()
    return tuple(part.draw(config, 0, dropped)), dropped


def rows(style: str = "chat", *tasks: str) -> list[dict[str, Any]]:
    """All rows, or those of these tasks."""
    return [row for row in made(style)[0] if row["task"] in tasks or not tasks]


def really(sandbox: Sandbox, row: dict[str, Any], code: str, inputs: list[str]) -> list[ExecResult]:
    """What a program does, called as that of the row."""
    tests = [IOTest(given) for given in inputs]
    return sandbox.run_tests(code, tests, row["io"], row["entry_point"], Limits(seconds=2.0))


def shown(row: dict[str, Any], given: str) -> str:
    """An input as it stands in a chat prompt."""
    body = f"{row['entry_point']}({given})" if row["io"] == "function" else given
    return f"Input:\n```\n{body.strip(chr(10))}\n```"


def draft(task: str) -> Draft:
    """A draft of a task, with a wrong program where it has one."""
    weights = {"predict": 0.0, "solve": 0.0, "fix": 0.0, "verify": 0.0, task: 1.0}
    for seed in range(50):
        try:
            return sources.composed(SourceConfig("composed", wrong=1.0, solutions=3, **weights), Random(seed))
        except Dropped:
            continue
    raise AssertionError(task)
