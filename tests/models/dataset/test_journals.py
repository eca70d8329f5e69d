"""From runs over a model's explanations to a data set: what is kept arrives, whole, true, and the same every time."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from models.config import DataConfig, ExplainConfig, SourceConfig
from models.dataset import explain, freeze, journals, part, schema
from models.dataset.decontaminate import SYNTAX_TREE
from models.narrative import explanation, prose
from models.narrative.explanation import JOURNAL, KEPT, Task
from models.narrative.rewrite import prompt
from models.trace.tracer import trace
from tests.models.narrative.server import serving
from workers.pipeline import compare, parse
from workers.pipeline.errors import InputError
from workers.pipeline.prompts import chat
from workers.pipeline.types import Completion, FinishReason

ROOT = Path(__file__).parents[3]
RUNS = 40
EXPLAIN = """name = "e"
seed = 3
[[source]]
kind = "random"
[[source]]
kind = "broad"
wrong = 0.3
[[source]]
kind = "composed"
wrong = 0.5
"""
DATA = """name = "d"
rows = 60
parts = 3
same_program = 4
style = "chat"
narrative = "prose"
max_chars = 30000
validation = 0.1
test = 0.1
[[source]]
kind = "drill"
share = 0.2
[[source]]
kind = "explained"
path = "{path}"
share = 0.8
"""


def run(*command: str, hash_seed: int = 0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=300,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
    )  # fmt: skip


def said(number: int, task: Task) -> str:
    """What the model says of a run: some with thoughts, some fenced and chatty, some false, some cut into nothing."""
    told = prose.narrate(task.source.code, task.run, task.source.io)
    if number % 5 == 3:
        return "It depends."
    if number % 5 == 2 and task.run.output is not None:
        return told.partition("[OUTPUT]")[0] + f"[OUTPUT]\n```\n{task.run.output}\n```\n[/OUTPUT]\nI hope that helps!"
    return f"<think>\nhm\n</think>\n\n{told}" if number % 5 == 1 else told


@pytest.fixture(scope="module")
def tasks() -> list[Task]:
    sources = (SourceConfig("random"), SourceConfig("broad", wrong=0.3), SourceConfig("composed", wrong=0.5))
    return explain.draw(ExplainConfig("e", sources, 3), RUNS).tasks


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory, tasks: list[Task]) -> Path:
    """The folder of a real run of the command."""
    folder = tmp_path_factory.mktemp("journal")
    (folder / "e.toml").write_text(EXPLAIN)
    answers = {(prompt(task).messages or ())[-1]["content"]: said(n, task) for n, task in enumerate(tasks)}
    with serving("no such run", answers) as server:
        done = run(
            "models.narrative", "--url", server.url, "--model", "m", "--config", str(folder / "e.toml"),
            "--out", str(folder / "out"), "--count", str(RUNS), "--concurrency", "8",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "out"


def build(folder: Path, path: Path, *options: str, text: str = DATA, hash_seed: int = 0) -> tuple[str, Path]:
    """Make a data set; what went wrong, if so, and its folder."""
    folder.mkdir(exist_ok=True)
    (folder / "d.toml").write_text(text.format(path=path))
    command = ("models.dataset", "--config", str(folder / "d.toml"), "--out", str(folder / "data"))
    done = run(*command, "--processes", "1", *options, hash_seed=hash_seed)
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1] if done.returncode else "", folder / "data"


def rows(folder: Path) -> list[dict[str, Any]]:
    return [row for path in sorted((folder / "data").iterdir()) for row in schema.read(path).to_pylist()]


def sums(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / "data").iterdir()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, journal: Path) -> Path:
    error, data = build(tmp_path_factory.mktemp("whole") / "d", journal)
    assert not error
    return data


def test_what_was_kept_arrives_and_is_read_back_as_what_a_run_gives(
    whole: Path, journal: Path, tasks: list[Task]
) -> None:
    kept = {row.source.code: row for row in explanation.read(str(journal)) if isinstance(row, explanation.Explanation)}
    found = [row for row in rows(whole) if row["narrative"] == journals.NARRATIVE]
    assert len(found) == len(kept) > 20
    assert {row["narrative"] for row in rows(whole)} == {"prose", "explained"}
    groups = {task.source.code: (task.source.group, task.source.origin) for task in tasks}
    config = DataConfig("d", (), validation=0.1, test=0.1)
    for row in found:
        seen = trace(row["program"], row["io"], row["entry_point"], row["input"])
        assert (seen.output, seen.raised, not seen.endless) == (row["output"], row["raises"], row["finishes"])
        assert row["steps"] == len(seen.steps)
        [message] = row["completion"]
        read = parse.prediction(Completion(message["content"], FinishReason.STOP), "chat")
        assert (read.raises, read.finishes) == (row["raises"], row["finishes"])
        assert read.output is None or compare.matches(read.output, seen.output or "", row["io"])
        assert message["content"].endswith(prose.outcome(seen))
        assert not {"<think>", "I hope"} & {word for word in ("<think>", "I hope") if word in message["content"]}
        asked = chat.predict(row["program"], row["input"], row["io"], row["entry_point"]).messages or ()
        assert row["prompt"] == [dict(message) for message in asked]
        assert (row["group"], row["origin"]) == groups[row["program"]]
        assert row["split"] == part.split(row["group"], config)


def test_what_was_dropped_is_counted_by_its_reason_and_the_journal_named(whole: Path, journal: Path) -> None:
    manifest = json.loads((whole / "manifest.json").read_text())
    verdicts = json.loads((journal / "manifest.json").read_text())["verdicts"]
    assert verdicts["no outcome stated"] > 3
    found = sum(row["narrative"] == journals.NARRATIVE for row in rows(whole))
    assert {KEPT: found} | manifest["dropped"]["explained"] == verdicts
    assert list(manifest["versions"]["journals"]) == [str(journal)]
    kinds = Counter(row["narrative"] for row in rows(whole))
    assert manifest["narratives"] == kinds
    assert f"`explained` ({kinds['explained']} rows)" in (whole / "README.md").read_text()


def test_shards_apart_and_answers_in_another_order_give_the_same_bytes(
    whole: Path, journal: Path, tmp_path: Path
) -> None:
    before = (journal / JOURNAL).read_bytes()
    lines = before.splitlines(keepends=True)
    Random(1).shuffle(lines)
    try:
        for shard in ("1/2", "0/2"):
            assert build(tmp_path / "d", journal, "--shard", shard, hash_seed=7) == ("", tmp_path / "d/data")
            (journal / JOURNAL).write_bytes(b"".join(lines))
        assert build(tmp_path / "d", journal)[0] == ""
    finally:
        (journal / JOURNAL).write_bytes(before)
    assert sums(tmp_path / "d/data") == sums(whole)


def test_parts_of_a_journal_that_grew_are_not_mixed(journal: Path, tmp_path: Path) -> None:
    copy = tmp_path / "journal"
    copy.mkdir()
    lines = (journal / JOURNAL).read_bytes().splitlines(keepends=True)
    (copy / JOURNAL).write_bytes(b"".join(lines[:-1]))
    assert build(tmp_path / "d", copy, "--shard", "0/2")[0] == ""
    (copy / JOURNAL).write_bytes(b"".join(lines))
    assert "different versions" in build(tmp_path / "d", copy)[0]


def test_the_tagged_style_and_old_or_missing_journals_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    (old / JOURNAL).write_text('{"id": "0-1", "verdict": "kept", "explanation": "x = 1"}\n')
    tagged = DATA.replace('"chat"', '"tagged"').replace('"prose"', '"compact"')
    for path, text, message in (
        (old, DATA, "earlier version"), (tmp_path / "none", DATA, "No such file"), (old, tagged, "only the chat style"),
        (old, DATA + "solve = 1\n", "serves only predict"),
    ):  # fmt: skip
        error, out = build(tmp_path / "d", path, text=text)
        assert (error.startswith("error: "), message in error, out.exists()) == (True, True, False), error


def test_an_explanation_whose_outcome_is_not_that_of_its_run_is_dropped(tasks: list[Task], tmp_path: Path) -> None:
    task = next(task for task in tasks if task.run.output is not None and task.source.io == "function")
    row = explanation.row(task, KEPT, said(0, task))
    other = explanation.row(task, KEPT, said(0, task)) | {"id": "other", "output": "'altered'"}
    (tmp_path / JOURNAL).write_text(json.dumps(row) + "\n" + json.dumps(other) + "\n")
    dropped = Counter[tuple[str, str]]()
    config = DataConfig("d", (SourceConfig("explained", path=str(tmp_path)),), rows=9, parts=1, style="chat",
                        max_chars=30_000)  # fmt: skip
    [made] = part.draw(config, 0, dropped)
    assert made["output"] == task.run.output
    assert dropped == {("explained", journals.UNTRUE): 1, ("explained", part.EXHAUSTED): 8}


def test_a_journal_that_explains_an_evaluation_program_gives_no_row(tmp_path: Path) -> None:
    held = freeze.load("predict")[0]
    row = {
        "id": "x", "verdict": KEPT, "program": held["code"], "io": held["io"], "entry_point": held["entry_point"],
        "input": held["input"], "output": "1", "raises": None, "finishes": True, "steps": 2, "origin": "corpus",
        "group": "g", "statement": "", "correct": None, "difficulty": None, "explanation": "[OUTPUT]\n1\n[/OUTPUT]",
    }  # fmt: skip
    (tmp_path / JOURNAL).write_text(json.dumps(row) + "\n")
    config = DataConfig("d", (SourceConfig("explained", path=str(tmp_path)),), rows=1, parts=1, style="chat")
    dropped, removed = Counter[tuple[str, str]](), list[part.Removed]()
    assert not list(part.draw(config, 0, dropped, removed))
    [(source, group, reason)] = removed
    assert (source, group) == ("explained", "g")
    assert reason.startswith(SYNTAX_TREE)
    assert dropped["explained", reason] == 1


def test_a_journal_that_cannot_be_read_says_so_where_it_is_checked(tmp_path: Path) -> None:
    config = DataConfig("d", (SourceConfig("explained", path=str(tmp_path)),), style="chat")
    with pytest.raises(InputError, match="No such file"):
        part.check(config)
