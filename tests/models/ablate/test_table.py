"""Tables and plots from results made by hand."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from models.ablate import results, table
from models.ablate.experiments import EXPERIMENTS
from models.ablate.results import Figures, Result
from workers.pipeline.errors import InputError


def figures(columns: tuple[str, ...], right: int) -> Figures:
    return {column: {str(item): (float(item < right), 1.0) for item in range(10)} for column in columns}


def folder(out: Path, name: str, rows: dict[str, dict[str, Figures]], tokens: int = 0) -> Path:
    """Results of an experiment whose arms have one seed each but the last, which has two."""
    index: dict[str, list[str]] = {}
    for number, (arm, found) in enumerate(rows.items()):
        seeds = (1, 2) if number == len(rows) - 1 else (1,)
        index[arm] = [f"measured/{number}-{seed}.json" for seed in (1, 2)]
        for seed in seeds:
            results.write(out / f"measured/{number}-{seed}.json", Result(seed, tokens * number, found))
    (out / f"{name}.json").write_text(json.dumps(index))
    return out


def worth(out: Path) -> Path:
    columns = EXPERIMENTS["worth"]().columns
    return folder(out, "worth", {"before": {"": figures(columns, 4)}, "after": {"": figures(columns, 7)}}, 5000)


def cells(text: str, start: str) -> list[str]:
    line, *within = [line for line in text.splitlines() if line.startswith(f"| {start} |")]
    assert len(within) <= 1  # differences within the row
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_row_has_means_intervals_and_seeds(tmp_path: Path) -> None:
    text = table.markdown(table.load(worth(tmp_path)))
    before, after = cells(text, "before"), cells(text, "after")
    assert before[:3] == ["before", "1", "–"]
    assert after[:3] == ["after", "2", "5,000"]
    assert before[3].startswith("40.0 [")
    assert "…" not in before[3]
    assert after[3].startswith("70.0 [")
    assert after[3].endswith("(70.0 … 70.0)")


def test_a_difference_that_is_clear_of_zero_is_marked(tmp_path: Path) -> None:
    columns = EXPERIMENTS["worth"]().columns
    for before, after, told in ((1, 9, "**+80.0** ["), (5, 5, "+0.0 ["), (9, 1, "**-80.0** [")):
        arms = {"before": {"": figures(columns, before)}, "after": {"": figures(columns, after)}}
        text = table.markdown(table.load(folder(tmp_path, "worth", arms)))
        assert cells(text, "after − before")[1].startswith(told)


def test_numbers_of_something_are_no_percentages(tmp_path: Path) -> None:
    columns = EXPERIMENTS["votes"]().columns
    one = {**figures(columns, 5), "tokens": {str(item): (250.0, 1.0) for item in range(10)}}
    text = table.markdown(table.load(folder(tmp_path, "votes", {"": {"votes = 1": one, "votes = 3": one}})))
    assert cells(text, "votes = 3")[-1] == "250 [250, 250] (250 … 250)"
    assert cells(text, "votes = 3 − votes = 1")[-1] == "+0 [+0, +0] (+0 … +0)"
    assert "tokens trained" not in text


def test_every_loop_is_compared_with_the_model_before_and_with_no_feedback(tmp_path: Path) -> None:
    columns = EXPERIMENTS["feedback"]().columns
    both = {"none": figures(columns, 5), "true": figures(columns, 6)}
    text = table.markdown(table.load(folder(tmp_path, "feedback", {"before": both, "learned with true": both})))
    assert cells(text, "learned with true, true − before, true")
    assert cells(text, "learned with true, true − learned with true, none")
    assert cells(text, "before, true − before, none")
    assert "before, none − before, none" not in text


def test_no_two_rows_are_compared_twice(tmp_path: Path) -> None:
    columns = EXPERIMENTS["pool"]().columns
    arms = {name: {"": figures(columns, 5)} for name in ("before", "correct only", "balanced")}
    text = table.markdown(table.load(folder(tmp_path, "pool", arms)))
    assert text.count(" − ") == 3


def test_an_unfinished_arm_is_left_out(tmp_path: Path) -> None:
    worth(tmp_path)
    for path in (tmp_path / "measured").glob("1-*"):
        path.unlink()
    text = table.markdown(table.load(tmp_path))
    assert "| after |" not in text
    assert "| before |" in text


@pytest.mark.parametrize("name", ["worth", "candidates"])
def test_the_command_writes_table_and_plot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    pytest.importorskip("matplotlib")
    columns = EXPERIMENTS[name]().columns
    arms = {"": {"N = 1": figures(columns, 4), "N = 2": figures(columns, 6)}}
    worth(tmp_path) if name == "worth" else folder(tmp_path, name, arms)
    out = tmp_path / "t.md"
    monkeypatch.setattr(
        sys, "argv", ["table", str(tmp_path), "--markdown", str(out), "--plots", str(tmp_path / "plots")]
    )
    table.main()
    assert f"### {name}" in out.read_text()
    assert (tmp_path / f"plots/ablate-{name}.png").read_bytes()[:4] == b"\x89PNG"


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no results"):
        table.load(tmp_path)


def test_ways_of_choosing_are_compared_within_a_row(tmp_path: Path) -> None:
    found = {"simulation": 8, "majority": 2, "likelihood": 8, "execution (oracle)": 9, "any (pass@N)": 9}
    row = {column: figures((column,), right)[column] for column, right in found.items()}
    text = table.markdown(table.load(folder(tmp_path, "candidates", {"": {"N = 4": row}})))
    assert "|  | simulation − majority | simulation − likelihood |" in text.splitlines()
    told = [line for line in text.splitlines() if line.startswith("| N = 4 |")][-1].split(" | ")
    assert told[1].startswith("**+60.0** [")
    assert told[2].startswith("+0.0 [")
