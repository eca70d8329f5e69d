"""Results side by side: one row for a figure, one column for a run, never two prompt versions."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from models.eval import choosing, report, table, verdicts
from models.eval.plots import draw, pictures
from tests.models.eval.handmade import BROKEN, FIXED, NOTHING, TASK
from workers.pipeline.errors import InputError
from workers.pipeline.types import Verdict


def results(version: int = 1, **suites: Any) -> dict[str, Any]:
    return {"about": {"prompt_version": version}, **suites}


def solved() -> dict[str, Any]:
    plain: dict[str, Any] = report.plain(choosing.summarize([TASK] * 3, [FIXED, BROKEN, NOTHING], candidates=4))
    return plain


def predicted(mean: float | None = 0.5) -> dict[str, Any]:
    one = {"mean": mean, "low": 0.2, "high": 0.8, "n": 10}
    return {
        "accuracy": one,
        "by code length": {"1 to 60 characters": one},
        "by method": {".split": one},
        "by construct": {"for": one},
        "sampled": {"@1": one},
        "ece": one,
        "reliability": [{"confidence": 0.5, "accuracy": 1.0}],
    }


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


def test_what_is_no_share_is_no_percentage_whether_it_has_an_interval_or_is_of_before_there_were_any() -> None:
    ece = {"mean": 0.05, "low": 0.04, "high": 0.1234, "n": 9}
    text = table.markdown({"old": results(programs={"ece": 0.05}), "new": results(programs={"ece": ece})})
    assert "| ece | 0.050 | 0.050 [0.040, 0.123] |" in text
    assert "| share of the gap to execution closed | 0.200 [-1.000, 1.000] |" in table.markdown(
        {"a": results(problems=solved())}
    )


def test_a_class_says_how_many_it_holds() -> None:
    text = table.markdown({"a": results(cruxeval=predicted())})
    assert "| accuracy | 50.0 [20.0, 80.0] |" in text
    assert "| by method, .split | 50.0 [20.0, 80.0] of 10 |" in text
    assert "by construct" not in text


def test_runs_of_different_prompt_versions_are_refused(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{n}.json", results(version)) for n, version in (("a", 1), ("b", 1), ("c", 2))]
    assert list(table.load(paths[:2])) == ["a", "b"]
    with pytest.raises(InputError, match="prompt versions"):
        table.load(paths)


@pytest.mark.parametrize("option", ["--markdown", "--plots"])
def test_what_cannot_be_written_is_one_line(option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    path = write(tmp_path / "a.json", results(problems=solved()))
    monkeypatch.setattr(sys, "argv", ["table", str(path), option, str(tmp_path / "file" / "below")])
    with pytest.raises(SystemExit, match=r"^error: .*file"):
        table.main()


@pytest.mark.parametrize("content", [[], {}, {"about": 3}, {"about": {}}])
def test_other_files_are_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(InputError, match="no results"):
        table.load([write(tmp_path / "x.json", content)])


def test_the_plots_are_drawn_where_there_is_something_to_draw(tmp_path: Path) -> None:
    draw({"a": results(calibration=[], belief={})}, tmp_path)
    assert not list(tmp_path.iterdir())
    alone = [[verdicts.Judged(True, Verdict.PASS, 0.5)]]  # no wrong one: no rate of them
    judged = report.plain(verdicts.summary(alone))
    draw({"a": results(problems=solved(), cruxeval=predicted()), "b": results(quixbugs=judged)}, tmp_path)
    assert {p.stem for p in tmp_path.iterdir()} == {
        "best-at-k", "cruxeval", "cruxeval-by-construct", "cruxeval-by-method", "first-to-final", "reliability",
        "verdicts",
    }  # fmt: skip


@pytest.mark.parametrize("mean", [0.5, None])
def test_a_bar_stands_for_each_number_that_there_is(mean: float | None) -> None:
    drawn = dict(pictures({"a": results(cruxeval=predicted()), "b": results(cruxeval=predicted(mean))}))
    whole = [text.get_text() for text in drawn["cruxeval"].axes[0].get_yticklabels()]
    assert whole == ["accuracy (10)", "sampled, @1 (10)"]  # and no calibration error
    (axis,) = drawn["cruxeval-by-method"].axes
    assert [text.get_text() for text in axis.get_yticklabels()] == [".split (10)"]
    assert [bar.get_width() for bar in axis.patches] == [50.0] * (1 if mean is None else 2)


def test_verdicts_are_shares_of_the_right_and_of_the_wrong_programs() -> None:
    said = [Verdict.PASS, Verdict.FAIL, Verdict.FAIL, Verdict.ABSTAIN]
    judged = [verdicts.Judged(i < 4, one, 0.5) for i, one in enumerate([*said, *[Verdict.PASS] * 2])]
    drawn = dict(pictures({"a": results(quixbugs=report.plain(verdicts.summary([judged])))}))["verdicts"]
    widths = {axis.get_title(): [bar.get_width() for bar in axis.patches] for axis in drawn.axes}
    assert widths["right programs"] == [25.0, 50.0, 25.0]
    assert widths["wrong programs"] == [100.0, 0.0, 0.0]
    assert widths["false rejects"] == [pytest.approx(200 / 3, abs=1e-3)]
