"""Results side by side: one row for a figure, one column for a run, never two prompt versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.eval import choosing, report, table
from models.eval.plots import draw
from tests.models.eval.handmade import BROKEN, FIXED, NOTHING, TASK
from workers.pipeline.errors import InputError


def results(version: int = 1, **suites: Any) -> dict[str, Any]:
    return {"about": {"prompt_version": version}, **suites}


def solved() -> dict[str, Any]:
    plain: dict[str, Any] = report.plain(choosing.summarize([TASK] * 3, [FIXED, BROKEN, NOTHING], candidates=4))
    return plain


def write(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_a_column_for_each_run_and_nothing_too_long() -> None:
    runs = {"a": results(problems=solved()), "b": results(problems={"fixed by repair": 3, "extra": 0.5})}
    text = table.markdown(runs)
    assert "| figure | a | b |" in text
    assert "| fixed by repair | 1 | 3 |" in text
    assert "| extra |  | 0.500 |" in text
    assert "| majority | 33.3 [0.0, 100.0] |  |" in text
    assert "items" not in text


def test_runs_of_different_prompt_versions_are_refused(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{n}.json", results(version)) for n, version in (("a", 1), ("b", 1), ("c", 2))]
    assert list(table.load(paths[:2])) == ["a", "b"]
    with pytest.raises(InputError, match="prompt versions"):
        table.load(paths)


@pytest.mark.parametrize("content", [[], {}, {"about": 3}, {"about": {}}])
def test_other_files_are_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(InputError, match="no results"):
        table.load([write(tmp_path / "x.json", content)])


def test_the_plots_are_drawn_where_there_is_something_to_draw(tmp_path: Path) -> None:
    draw({"a": results()}, tmp_path)
    assert not list(tmp_path.iterdir())
    draw({"a": results(problems=solved(), cruxeval={"reliability": [{"confidence": 0.5, "accuracy": 1.0}]})}, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["best-at-k.png", "reliability.png"]
