"""Spelled narratives in data sets: the rows of plain ones, told in smaller steps; and what a manifest says of them."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from models.config import DataConfig, SourceConfig
from models.dataset import narratives, part
from models.dataset.records import outcome
from models.narrative import prose
from models.narrative.compact import narrate
from models.narrative.fold import Told, fold
from models.trace.tracer import trace
from models.trace.types import Trace, TraceStep
from workers.pipeline.prompts import tagged

SOURCES = (
    SourceConfig("drill", 0.1), SourceConfig("probe", 0.2), SourceConfig("random", 0.2), SourceConfig("broad", 0.3),
    SourceConfig("composed", 0.3, 0.6, 0.2, 0.2, wrong=0.5),
)  # fmt: skip
CASES = [("tagged", 0), ("tagged", 15), ("chat", 0)]


@cache
def drawn(workings: str, style: str, folded: int = 0) -> tuple[dict[str, Any], ...]:
    config = DataConfig("t", SOURCES, rows=160, parts=1, style=style, workings=workings, fold=folded, max_chars=50_000)
    return tuple(part.draw(config, 0, Counter()))


def run(row: dict[str, Any], workings: str) -> Trace:
    return trace(row["program"], row["io"], row["entry_point"], row["input"], workings=workings)


def bare(code: str, seen: Trace) -> list[Told]:
    """The steps of a run without their workings, loops folded."""
    found = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.For | ast.While)]
    loops = {node.lineno: node.body[-1].end_lineno or 0 for node in found}
    return [replace(step, told=[]) if isinstance(step, TraceStep) else step for step in fold(seen.steps, loops, 15)]


@pytest.mark.parametrize(("style", "folded"), CASES)
def test_nothing_but_the_narratives_is_another_one(style: str, folded: int) -> None:
    other = 0
    for plain, spelled in zip(drawn("plain", style, folded), drawn("spelled", style, folded), strict=True):
        told = spelled["task"] == "predict"
        assert (plain["narrative"], spelled["narrative"]) == (("compact", "spelled") if told else (None, None))
        differing = {name for name in plain if plain[name] != spelled[name]}
        assert differing <= ({"id", "completion", "narrative"} if told else set())
        other += "completion" in differing
    assert other > 20


@pytest.mark.parametrize(
    ("workings", "style", "folded"), [*(("spelled", *case) for case in CASES), ("stepped", "tagged", 15)]
)
def test_every_narrative_is_that_of_the_run_told_so(workings: str, style: str, folded: int) -> None:
    for row in drawn(workings, style, folded):
        if row["task"] != "predict":
            continue
        assert row["narrative"] == workings
        seen = run(row, workings)
        told = narrate(row["program"], seen, folded)
        if style == "tagged":
            assert row["completion"] == told + outcome(seen, row["io"]) + tagged.END
        else:
            assert row["completion"][0]["content"] == f"```\n{told}\n```\n\n{prose.outcome(seen)}"


def test_a_spelled_run_folds_where_the_plain_one_does_and_its_folds_say_the_same() -> None:
    folds = 0
    for row in drawn("spelled", "tagged", 15):
        if row["task"] != "predict" or not row["finishes"]:
            continue
        plain, spelled = run(row, "plain"), run(row, "spelled")
        assert bare(row["program"], plain) == bare(row["program"], spelled)
        short, whole = narrate(row["program"], spelled, 15).split("\n"), narrate(row["program"], spelled).split("\n")
        same = narrate(row["program"], plain, 15).split("\n")
        assert [line for line in short if "more rounds" in line] == [line for line in same if "more rounds" in line]
        rest = iter(whole)
        assert all(line in rest for line in short if "more rounds" not in line)  # in their order
        folds += len(short) < len(whole)
    assert folds > 10


@pytest.mark.parametrize(
    ("manifest", "style"),
    [
        ({"narratives": {"compact": 3}}, "compact"),
        ({"narratives": {"explained": 5, "spelled": 3}}, "spelled"),
        ({"narratives": {"explained": 5, "prose": 3}}, "prose"),
        ({"narratives": {"explained": 5}}, ""),
        ({"narratives": {}}, ""),
        ({"config": {"narrative": "prose"}}, "prose"),
    ],
)
def test_a_manifest_says_how_runs_are_told(manifest: dict[str, Any], style: str) -> None:
    assert narratives.told(manifest) == style
