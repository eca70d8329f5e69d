"""The command in miniature: the tiny model is reinforced and measured, once."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="the trainer's environment")

from models.ablate import __main__ as command
from models.ablate import items, jobs, results, table
from models.rl.rows import PredictRow, dump
from tests.tiny import make_tiny_checkpoint
from workers.pipeline.prompts import tagged

ROWS = [PredictRow(f"def f(x):\n    return x + {n}", "function", "f", "1", str(1 + n)) for n in range(8)]
PROGRAMS = [
    {"id": f"{origin}-{n}", "code": "def f(x):\n    return x", "io": "function", "entry_point": "f", "input": str(n),
     "output": str(n), "raises": None, "finishes": True, "origin": origin,
     "told": {"compact": f"{tagged.OUTPUT}{n}{tagged.END}"}}
    for n in range(2) for origin in ("correct", "incorrect", "random", "raises")
]  # fmt: skip


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command sets for its children is set back."""
    for name in ("OMP_NUM_THREADS", "XDG_CACHE_HOME", "HF_HUB_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, os.environ.get(name, ""))


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["ablate", *arguments])
    command.main()


def test_worth_walks_from_checkpoint_to_table_and_repeats_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = make_tiny_checkpoint(tmp_path / "tiny")
    out = tmp_path / "out"
    arguments = ("worth", "--out", str(out), "--checkpoint", str(given), "--seeds", "1", "--smoke", "--parallel", "2")
    _prepared(out, monkeypatch, arguments)
    call(monkeypatch, *arguments)
    index = json.loads((out / "worth.json").read_text())
    assert list(index) == ["before", "after"]
    before, after = (results.read(out / index[arm][0]) for arm in index)
    assert before.tokens == 0 < after.tokens
    assert before.rows[""]["all, greedy"].keys() == after.rows[""]["all, greedy"].keys() == {p["id"] for p in PROGRAMS}
    assert before.rows[""]["correct, sampled"]["correct-0"][1] == 2
    assert 0 < before.rows[""]["correct, true narrative"]["correct-0"][0] < 1
    assert "after − before" in table.markdown(table.load(out))
    made = {path: path.stat().st_mtime_ns for path in out.rglob("*.json")}
    capsys.readouterr()
    call(monkeypatch, *arguments)
    assert "4 of 4 jobs are done already" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in made if path.name != "worth.json"} == {
        path: time for path, time in made.items() if path.name != "worth.json"
    }


def test_results_without_models_are_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As they are handed on: what an archive holds of a folder. One more seed trains and measures that one alone."""
    given = make_tiny_checkpoint(tmp_path / "tiny")
    out = tmp_path / "out"
    arguments = ("worth", "--out", str(out), "--checkpoint", str(given), "--smoke")
    with monkeypatch.context() as patch:
        patch.setattr(command.jobs, "run", lambda *_: [])
        call(patch, *arguments, "--seeds", "2")
    value = {"all, greedy": {row["id"]: (1.0, 1.0) for row in PROGRAMS}}
    for made in json.loads((out / "worth.json").read_text()).values():
        for seed, path in enumerate(made, 1):
            results.write(out / path, results.Result(seed, 0, {"": value}))
    call(monkeypatch, *arguments, "--seeds", "2")
    assert "4 of 7 jobs are done already, 3 not needed any more" in capsys.readouterr().out
    assert not (out / "items").exists() and not (out / "models").exists()
    assert "after − before" in table.markdown(table.load(out))
    with monkeypatch.context() as patch:
        patch.setattr(command.jobs, "_start", _refused)
        with pytest.raises(Begun, match="items"):
            call(patch, *arguments, "--seeds", "3")
    assert "4 of 10 jobs are done already, 2 not needed any more" in capsys.readouterr().out


class Begun(Exception):
    """A job was begun that a test does not wait for."""


def _refused(job: jobs.Job, logs: Path) -> None:
    raise Begun(job.name)


def _prepared(out: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    """The folder as it is once items and pool are drawn: by hand, as drawing them takes a while."""
    with monkeypatch.context() as patch:
        patch.setattr(command.jobs, "run", lambda *_: [])
        call(patch, *arguments)
    (out / "items").mkdir()
    (out / "items/programs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in PROGRAMS))
    assert len(items.read(out / "items/programs.jsonl")) == 8
    index = json.loads((out / "worth.json").read_text())
    run = out / "models" / Path(index["after"][0]).stem.removeprefix("programs-") / "run"
    run.mkdir(parents=True)
    (run / "pool.jsonl").write_text("".join(json.dumps(dump("predict", row)) + "\n" for row in ROWS))


def test_another_checkpoint_needs_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command.jobs, "run", lambda *_: [])
    out = ("votes", "--out", str(tmp_path / "out"), "--smoke")
    call(monkeypatch, *out, "--checkpoint", str(make_tiny_checkpoint(tmp_path / "a", seed=1)))
    call(monkeypatch, *out, "--checkpoint", str(tmp_path / "a"))
    with pytest.raises(SystemExit, match="another configuration"):
        call(monkeypatch, *out, "--checkpoint", str(make_tiny_checkpoint(tmp_path / "b", seed=2)))
    with pytest.raises(SystemExit, match="another configuration"):
        call(monkeypatch, *out[:-1], "--checkpoint", str(tmp_path / "a"))


def test_what_is_not_done_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command.jobs, "run", lambda *_: ["train x"])
    with pytest.raises(SystemExit, match="not done: train x"):
        call(monkeypatch, "votes", "--out", str(tmp_path), "--checkpoint", str(make_tiny_checkpoint(tmp_path / "t")))


def test_a_folder_that_is_no_checkpoint_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match=r"error: .*no weights"):
        call(monkeypatch, "votes", "--out", str(tmp_path / "out"), "--checkpoint", str(tmp_path))
