"""A run that was stopped goes on where it was, a run of another description never does, and no fault loses a figure."""

from __future__ import annotations

import errno
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from models import checkpoint
from models.eval import __main__ as command
from models.eval import believing, fitting, table
from models.eval.believing import Seen
from tests.fakes import Script, ScriptedCompleter
from tests.tiny import make_tiny_checkpoint
from workers.pipeline.errors import CompleterUnavailable
from workers.pipeline.manifest import read_manifest
from workers.pipeline.model import Model
from workers.pipeline.prompts import tagged
from workers.pipeline.types import Candidate, Verdict

CRUXEVAL = {"id": "sample_0", "code": "def f(marked):\n    return marked", "input": "1", "output": "1"}
TOLD = f"return marked  # 1{tagged.OUTPUT}1{tagged.END}"


class Bench:
    """A checkpoint, benchmark files and a place for results; runs the command with a scripted model."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.checkpoint = make_tiny_checkpoint(folder / "tiny")
        self.data = folder / "data"
        self.data.mkdir()
        (self.data / "cruxeval_x.jsonl").write_text(json.dumps(CRUXEVAL))
        self.json, self.markdown = folder / "runs/a.json", folder / "runs/a.md"
        self.monkeypatch = monkeypatch
        self.completer = ScriptedCompleter({})

    def run(self, script: Script, *arguments: str) -> dict[str, Any]:
        """What the JSON file holds afterwards; raises SystemExit where the command ends with an error."""

        @asynccontextmanager
        async def served(*_: object) -> AsyncIterator[Model]:
            yield Model(self.completer, "tagged", 512)

        self.completer = ScriptedCompleter(script)
        self.monkeypatch.setattr("models.eval.engine.served", served)
        fixed = ["--checkpoint", str(self.checkpoint), "--json", str(self.json), "--data", str(self.data)]
        self.monkeypatch.setattr(sys, "argv", ["eval", *fixed, "--limit", "2", *arguments])
        command.main()
        return self.kept()

    def kept(self) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads(self.json.read_text())
        return kept


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


BOTH = ("--suite", "programs", "--suite", "cruxeval")
LOST = {"marked": CompleterUnavailable("gone"), "": "?"}
WELL = {"marked": TOLD, "": "?"}


def untimed(result: Any) -> Any:
    """The same without what depends on the clock."""
    if isinstance(result, dict):
        return {key: untimed(value) for key, value in result.items() if "seconds" not in key}
    return result


def test_the_same_call_goes_on_with_the_suites_that_are_missing(bench: Bench) -> None:
    with pytest.raises(SystemExit, match="error: gone"):
        bench.run(LOST, *BOTH)
    first = bench.kept()
    assert set(first) == {"about", "programs"}
    whole = bench.run(WELL, *BOTH)
    assert len(bench.completer.requests) == 1  # that of cruxeval: the two programs are not asked again
    assert whole["programs"] == first["programs"]
    assert whole["cruxeval"]["accuracy"]["mean"] == 1.0
    bench.run({}, *BOTH)  # nothing is left to ask
    assert bench.kept() == whole
    bench.json.unlink()
    assert untimed(bench.run(WELL, *BOTH)) == untimed(whole)  # as if it had never been stopped


def test_within_a_suite_the_same_call_goes_on_by_the_answers(bench: Bench) -> None:
    rows = [CRUXEVAL | {"id": "sample_1", "code": "def f(lost):\n    return lost"}, CRUXEVAL]
    (bench.data / "cruxeval_x.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(SystemExit, match="error: gone"):
        bench.run({"lost": CompleterUnavailable("gone"), **WELL}, "--suite", "cruxeval")
    whole = bench.run({"lost": "?"}, "--suite", "cruxeval")
    assert len(bench.completer.requests) == 1
    assert whole["cruxeval"]["accuracy"]["mean"] == 0.5
    assert whole["cruxeval"]["seconds"] is None  # of a part of it
    assert whole["cruxeval"]["cost"]["wall-clock seconds per problem"] is None
    bench.json.unlink()
    assert untimed(bench.run({"lost": "?", **WELL}, "--suite", "cruxeval")) == untimed(whole)


def test_another_suite_of_the_same_run_joins_those_that_are_there(bench: Bench) -> None:
    bench.run(WELL, "--suite", "programs")
    whole = bench.run(WELL, "--suite", "cruxeval")
    assert set(whole) == {"about", "programs", "cruxeval"}
    assert set(whole["about"]["data"]) == {"programs", "cruxeval"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--seed", "1"), "seed was 0 and is 1"),
        (("--limit", "1"), "limit was 2 and is 1"),
        (("--max-narrative-tokens", "9"), "max_narrative_tokens was 1536 and is 9"),
        (("--samples", "3"), "samples was 0 and is 3"),
    ],
)
def test_results_of_another_run_are_neither_taken_nor_lost(
    bench: Bench, arguments: tuple[str, ...], said: str
) -> None:
    bench.run(WELL, "--suite", "cruxeval")
    before = bench.json.read_bytes()
    with pytest.raises(SystemExit, match=rf"error: .*a\.json holds results of another run: {said}; name another file"):
        bench.run({}, "--suite", "cruxeval", *arguments)
    assert bench.json.read_bytes() == before


def test_other_data_or_weights_are_another_run(bench: Bench) -> None:
    bench.run(WELL, "--suite", "cruxeval")
    (bench.data / "cruxeval_x.jsonl").write_text(json.dumps(CRUXEVAL | {"input": "2"}))
    with pytest.raises(SystemExit, match="another run: data cruxeval was"):
        bench.run(WELL, "--suite", "cruxeval")
    (bench.data / "cruxeval_x.jsonl").write_text(json.dumps(CRUXEVAL))
    make_tiny_checkpoint(bench.checkpoint, seed=1)
    with pytest.raises(SystemExit, match="another run: weights was"):
        bench.run(WELL, "--suite", "cruxeval")


def test_a_run_that_left_no_figure_stands_in_no_ones_way(bench: Bench) -> None:
    with pytest.raises(SystemExit, match="gone"):
        bench.run(LOST, "--suite", "cruxeval")
    assert set(bench.run(WELL, "--suite", "cruxeval", "--seed", "1")) == {"about", "cruxeval"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"about": 3}'])
def test_a_file_of_something_else_is_not_written_over(bench: Bench, text: str) -> None:
    bench.json.parent.mkdir()
    bench.json.write_text(text)
    with pytest.raises(SystemExit, match="holds no results"):
        bench.run({}, "--suite", "cruxeval")
    assert bench.json.read_text() == text


def test_a_full_disk_is_one_line_and_leaves_what_was_there(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.run(WELL, "--suite", "programs")
    before, write, calls = bench.kept(), Path.write_text, Counter[str]()

    def filling(path: Path, text: str, **named: Any) -> int:
        """The second file does not fit; a part of it is there."""
        calls["write"] += 1
        written = write(path, text[:10] if calls["write"] == 2 else text, **named)
        if calls["write"] == 2:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return written

    bench.monkeypatch.setattr(Path, "write_text", filling)
    with pytest.raises(SystemExit, match=r"^error: .*a\.json cannot be written: No space left on device$"):
        bench.run(WELL, *BOTH)
    assert "## cruxeval" in capsys.readouterr().out  # it was measured, so it was said
    assert bench.kept()["programs"] == before["programs"]
    assert {path.name for path in bench.json.parent.iterdir()} == {"a.json", "a.json.answers"}  # no half file
    bench.run({}, *BOTH)  # every answer is there
    assert [path.name for path in bench.json.parent.iterdir()] == ["a.json"]


def test_a_file_that_cannot_be_written_is_told_before_anything_is_asked(bench: Bench) -> None:
    bench.json.mkdir(parents=True)
    with pytest.raises(SystemExit, match=r"a\.json is there and holds no results"):
        bench.run({}, "--suite", "cruxeval")
    assert bench.completer.requests == []


def test_the_table_is_written_beside_the_results_and_says_what_is_not_calibrated(bench: Bench) -> None:
    whole = bench.run(WELL, "--suite", "cruxeval", "--markdown", str(bench.markdown))
    assert bench.markdown.read_text() == table.markdown({"a": whole})
    assert "Confidences of a are the model's own: none were calibrated." in bench.markdown.read_text()
    assert "| accuracy | 100.0 [100.0, 100.0] |" in bench.markdown.read_text()


def test_plots_come_from_the_same_call(bench: Bench, tmp_path: Path) -> None:
    bench.run(WELL, "--suite", "cruxeval", "--plots", str(tmp_path / "plots"))
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {"cruxeval.png", "reliability.png"}


def test_plots_are_refused_at_once_where_they_cannot_be_drawn(bench: Bench, tmp_path: Path) -> None:
    bench.monkeypatch.setattr("models.eval.plots.find_spec", lambda _: None)
    with pytest.raises(SystemExit, match="error: plots need matplotlib"):
        bench.run({}, "--suite", "cruxeval", "--plots", str(tmp_path / "plots"))
    assert not bench.json.exists()


def test_what_was_fitted_is_stored_by_the_same_call_where_storing_failed(bench: Bench) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    async def measured(*_: object) -> list[Seen]:
        return [Seen("p", Candidate(f"c{i}", "x", logprob=-i / 3), (Verdict.PASS,), (i == 0,)) for i in range(2)]

    complete = checkpoint.complete
    bench.monkeypatch.setattr(believing, "measure", measured)
    bench.monkeypatch.setattr("models.dataset.fresh.problems", lambda *_: [])
    bench.monkeypatch.setattr(fitting, "calibration_items", lambda _: [])
    bench.monkeypatch.setattr(fitting, "others_rows", lambda _: [])
    bench.monkeypatch.setattr(checkpoint, "complete", full)
    with pytest.raises(SystemExit, match=r"cannot be written: Read-only file system; all is in .*a\.json"):
        bench.run(WELL, "--suite", "cruxeval", "--write")
    bench.monkeypatch.setattr(believing, "measure", None)  # not to be called again
    bench.monkeypatch.setattr(checkpoint, "complete", complete)
    bench.run({}, "--suite", "cruxeval", "--write")
    manifest = read_manifest(bench.checkpoint)
    assert manifest.evaluation["cruxeval"]["accuracy"]["mean"] == 1.0
    assert manifest.belief is not None
    assert bench.kept()["about"]["belief"] == "fitted in this run"
