"""Rows: what they say happened happened, and the served pipeline reads it back."""

from __future__ import annotations

import dataclasses
from collections import Counter
from functools import cache
from random import Random
from typing import Any

import pytest

from models.config import DataConfig, SourceConfig
from models.dataset import part, schema, sources
from models.dataset.decontaminate import Decontaminator
from models.dataset.records import Dropped
from models.trace.tracer import trace
from workers.pipeline import parse
from workers.pipeline.prompts import tagged
from workers.pipeline.types import Completion, FinishReason

SOURCES = (
    SourceConfig("drill", 0.1), SourceConfig("probe", 0.1), SourceConfig("random", 0.2), SourceConfig("broad", 0.3),
    SourceConfig("composed", 0.4, 0.4, 0.3, 0.3, wrong=0.5),
)  # fmt: skip
STYLES = [("tagged", "compact"), ("chat", "compact"), ("chat", "prose")]


@cache
def drawn(style: str, narrative: str, fold: int = 0) -> tuple[dict[str, Any], ...]:
    config = DataConfig("t", SOURCES, rows=160, parts=1, style=style, narrative=narrative, max_chars=20_000)
    return tuple(part.draw(dataclasses.replace(config, fold=fold), 0, Counter()))


def answer(row: dict[str, Any]) -> str:
    if row["style"] == "tagged":
        assert row["completion"].endswith(tagged.END)
        return row["completion"].removesuffix(tagged.END)
    [message] = row["completion"]
    assert message["role"] == "assistant"
    return message["content"]


@pytest.mark.parametrize(("style", "narrative"), STYLES)
def test_a_completion_is_read_as_what_a_run_of_the_program_gives(style: str, narrative: str) -> None:
    seen = 0
    for row in drawn(style, narrative):
        if row["task"] != "predict":
            continue
        run = trace(row["program"], row["io"], row["entry_point"], row["input"])
        assert (run.output, run.raised, not run.endless) == (row["output"], row["raises"], row["finishes"])
        assert row["steps"] == len(run.steps) > 0
        read = parse.prediction(Completion(answer(row), FinishReason.STOP), style)  # type: ignore[arg-type]
        assert (read.raises, read.finishes) == (run.raised, not run.endless)
        assert (read.output or "").strip("\n") == (run.output or "").strip("\n")
        seen += 1
    assert seen > 60


@pytest.mark.parametrize("style", ["tagged", "chat"])
def test_a_folded_narrative_is_read_back_and_changes_nothing_but_the_narrative(style: str) -> None:
    folded, whole = drawn(style, "compact", 15), {row["program"]: row for row in drawn(style, "compact")}
    found = 0
    for row in folded:
        if "more rounds" not in str(row["completion"]):
            continue
        read = parse.prediction(Completion(answer(row), FinishReason.STOP), style)  # type: ignore[arg-type]
        assert (read.raises, read.finishes) == (row["raises"], row["finishes"])
        assert (read.output or "").strip("\n") == (row["output"] or "").strip("\n")
        assert row["steps"] > 15
        full = whole[row["program"]]
        assert len(answer(row)) < len(answer(full))
        names = ("prompt", "input", "output", "raises", "finishes", "steps", "key")
        assert [row[name] for name in names] == [full[name] for name in names]
        found += 1
    assert found > 10


@pytest.mark.parametrize(("style", "narrative"), STYLES)
def test_the_program_of_an_answer_is_the_right_one(style: str, narrative: str) -> None:
    tasks = Counter(row["task"] for row in drawn(style, narrative))
    assert min(tasks[task] for task in ("solve", "fix")) > 5
    for row in drawn(style, narrative):
        if row["task"] == "predict":
            continue
        program = parse.program(answer(row), style, row["io"], row["entry_point"])  # type: ignore[arg-type]
        assert program == row["program"]
        assert row["input"] is row["output"] is row["steps"] is row["narrative"] is None


def test_a_chat_repair_gives_its_verdict_first() -> None:
    repairs = [row for row in drawn("chat", "prose") if row["task"] == "fix"]
    for row in repairs:
        verdict, blank, fence = answer(row).split("\n")[:3]
        assert verdict.startswith("CORRECT:" if row["correct"] else "INCORRECT:")
        assert (blank, fence) == ("", "```python")
        assert (row["program"] in row["prompt"][1]["content"]) == row["correct"]


@pytest.mark.parametrize(("style", "narrative"), STYLES)
def test_rows_are_what_the_schema_says(style: str, narrative: str) -> None:
    found = drawn(style, narrative)
    assert {tuple(row) for row in found} == {tuple(schema.COLUMNS)}
    for row in found:
        for name, (kind, _) in schema.COLUMNS.items():
            assert row[name] is not None or kind.endswith("?"), name
    again = schema.table(found, style).to_pylist()
    assert [row["id"] for row in again] == [row["id"] for row in found]
    assert [row["prompt"] for row in again] == [row["prompt"] for row in found]
    kind = str if style == "tagged" else list
    assert all(isinstance(row[name], kind) for row in again for name in ("prompt", "completion"))


def test_no_row_is_one_of_an_evaluation_set_or_longer_than_allowed() -> None:
    evaluation = Decontaminator.load()
    assert all(evaluation.why(row["program"]) is None for row in drawn("tagged", "compact"))
    short = DataConfig("t", SOURCES, rows=60, parts=1, max_chars=300)
    dropped = Counter[tuple[str, str]]()
    for row in part.draw(short, 0, dropped):
        assert len(row["prompt"]) + len(row["completion"]) <= 300
    assert sum(count for (_, reason), count in dropped.items() if reason == "too long") > 10


def test_a_part_depends_on_seed_and_number_alone() -> None:
    config = DataConfig("t", SOURCES, rows=60, parts=2)
    first, second = (list(part.draw(config, number, Counter())) for number in (0, 1))
    assert len(first) == len(second) == 30
    assert list(part.draw(config, 1, Counter())) == second
    assert list(part.draw(dataclasses.replace(config, seed=2), 0, Counter())) != first != second


def test_a_source_that_gives_nothing_new_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    same = sources.drill(SOURCES[0], Random(1))
    monkeypatch.setattr(part, "GENERATORS", {"drill": lambda *_: same})
    rows = part.draw(DataConfig("t", SOURCES[:1], rows=3, parts=1), 0, dropped := Counter())
    next(rows)
    with pytest.raises(part.PartFailed, match=r"'drill' gave no row .* last: equal row"):
        next(rows)
    assert dropped == {("drill", "equal row"): part.PATIENCE}


def test_difficulty_is_drawn_from_the_configured_range() -> None:
    hard = SourceConfig("broad", easiest=0.8, hardest=0.9)
    for seed in range(20):
        try:
            draft = sources.broad(hard, Random(seed))
        except Dropped:
            continue
        assert draft.difficulty is not None
        assert 0.8 <= draft.difficulty <= 0.9
