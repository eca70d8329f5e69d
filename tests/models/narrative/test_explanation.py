"""Rows of a journal: what is written is read, and what cannot be used is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.narrative import explanation
from models.narrative.explanation import JOURNAL, KEPT, Explanation, Task
from models.programs.source import Rejected, Source
from models.trace.tracer import trace
from workers.pipeline.errors import InputError

CODE = "def f(x):\n    y = x + 1\n    return y"
SOURCE = Source(CODE, "function", "f", ("3",), "composed", "g", "Add one.", True)
TASK = Task(explanation.run_id(SOURCE), SOURCE, trace(CODE, "function", "f", "3"), 0.5)
TEXT = "y = 4\n[OUTPUT]\n4\n[/OUTPUT]"


def written(folder: Path, *rows: dict[str, Any]) -> str:
    folder.mkdir(exist_ok=True)
    (folder / JOURNAL).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(folder)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    kept, dropped = explanation.row(TASK, KEPT, f" {TEXT}\n"), explanation.row(TASK, "false claim", "y = 5")
    assert (dropped["answer"], dropped["program"], "explanation" in dropped) == ("y = 5", CODE, False)
    [first, second] = explanation.read(written(tmp_path, dropped | {"id": "z"}, kept))
    assert isinstance(first, Explanation)
    assert (first.id, first.source, first.text, first.difficulty) == (TASK.id, SOURCE, TEXT, 0.5)
    assert (first.run.output, first.run.raised, first.run.endless, first.steps) == ("4", None, False, 3)
    assert second == Rejected("false claim", "z")


def test_the_order_of_answers_and_the_names_of_folders_do_not_count(tmp_path: Path) -> None:
    rows = [explanation.row(TASK, KEPT, TEXT) | {"id": name} for name in "abcd"]
    one = explanation.read(written(tmp_path / "one", *rows))
    written(tmp_path / "some-2", rows[3], rows[0])
    written(tmp_path / "some-1", rows[2], rows[1])
    assert explanation.read(str(tmp_path / "some-*")) == one


@pytest.mark.parametrize("name", sorted(set(explanation.row(TASK, KEPT, TEXT)) - {"id", "verdict"}))
def test_a_kept_row_without_what_a_training_row_needs_is_refused(tmp_path: Path, name: str) -> None:
    row = explanation.row(TASK, KEPT, TEXT)
    del row[name]
    with pytest.raises(InputError, match=f"no '{name}': written by an earlier version"):
        explanation.read(written(tmp_path, row))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"output": None}, "exactly one outcome"),
        ({"raises": "KeyError"}, "exactly one outcome"),
        ({"steps": "3"}, "'steps' is a str"),
        ({"program": "def f(:"}, "no program that can be run"),
        ({"io": "web"}, "no program that can be run"),
        ({"verdict": None}, "has no verdict"),
    ],
)
def test_a_damaged_row_is_refused(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        explanation.read(written(tmp_path, explanation.row(TASK, KEPT, TEXT) | changed))


def test_a_row_that_was_dropped_needs_no_more_than_its_reason(tmp_path: Path) -> None:
    assert explanation.read(written(tmp_path, {"id": "0-0", "verdict": "cut off"})) == [Rejected("cut off", "0-0")]


def test_where_there_is_no_journal_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        explanation.read(str(tmp_path / "none"))
    with pytest.raises(InputError, match="has no rows"):
        explanation.read(written(tmp_path))
    (tmp_path / JOURNAL).write_text("hello\n")
    with pytest.raises(InputError, match="no journal"):
        explanation.read(str(tmp_path))
