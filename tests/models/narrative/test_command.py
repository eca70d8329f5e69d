"""`python -m models.narrative`: what it writes, where it goes on, what it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import config
from models.dataset import explain
from models.narrative import explanation, prose
from models.narrative.explanation import JOURNAL, Explanation, Task
from models.narrative.rewrite import prompt
from tests.models.narrative.server import Server, serving

ROOT = Path(__file__).parents[3]
TOML = """name = "t"
seed = 4
[[source]]
kind = "drill"
[[source]]
kind = "broad"
wrong = 0.3
[[source]]
kind = "composed"
wrong = 0.5
"""


def drawn(path: Path, count: int) -> list[Task]:
    return explain.draw(config.load_explain(path), count).tasks


def true(task: Task) -> str:
    return prose.narrate(task.source.code, task.run, task.source.io)


def asked(task: Task) -> str:
    return (prompt(task).messages or ())[-1]["content"]


@pytest.fixture(scope="module")
def toml(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "explain.toml"
    path.write_text(TOML)
    return path


@pytest.fixture(scope="module")
def tasks(toml: Path) -> list[Task]:
    return drawn(toml, 12)


@pytest.fixture
def server(tasks: list[Task]) -> Iterator[Server]:
    """Tells every run truly but the last, of which it knows nothing."""
    with serving("I cannot say.", {asked(task): true(task) for task in tasks[:-1]}) as started:
        yield started


def call(server: Server, toml: Path, out: Path, *more: str) -> list[str]:
    fixed = ["--url", server.url, "--model", "m", "--config", str(toml), "--out", str(out), "--count", "12"]
    return [sys.executable, "-m", "models.narrative", *fixed, "--concurrency", "1", *more]


def done(command: list[str], code: int = 0) -> str:
    """What the command writes to both streams."""
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, env={**os.environ, "PYTHONHASHSEED": "3"}
    )
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stdout + ended.stderr


def test_a_journal_holds_each_run_with_its_explanation_and_goes_further(
    server: Server, toml: Path, tasks: list[Task], tmp_path: Path
) -> None:
    assert "8 requests" in done(call(server, toml, tmp_path / "out", "--count", "8"))
    rows = explanation.read(str(tmp_path / "out"))
    assert server.seen == len(rows) == 8
    found = {row.id: row for row in rows if isinstance(row, Explanation)}
    told = [task for task in tasks[:8] if task.id in found]
    assert len(told) > 4
    for task in told:
        kept = found[task.id]
        assert (kept.source, kept.steps, kept.text) == (task.source, len(task.run.steps), true(task).strip())
        assert (kept.run.output, kept.run.raised, kept.run.endless, kept.difficulty) == (
            task.run.output, task.run.raised, task.run.endless, task.difficulty
        )  # fmt: skip
    done(call(server, toml, tmp_path / "out"))
    assert server.seen == 12
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert (manifest["runs"], sum(manifest["verdicts"].values()), manifest["model"]) == (12, 12, "m")
    assert manifest["verdicts"]["no outcome stated"] == 1


def test_killed_in_the_middle_the_same_command_goes_on(server: Server, toml: Path, tmp_path: Path) -> None:
    server.delay, out = 0.15, tmp_path / "out"
    process = subprocess.Popen(call(server, toml, out), cwd=ROOT, stdout=subprocess.DEVNULL)
    path = out / JOURNAL
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (path.exists() and path.read_bytes().count(b"\n") >= 3):
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = path.read_bytes().count(b"\n")
    assert 3 <= before < 12
    assert not (out / "manifest.json").exists()
    with path.open("ab") as file:
        file.write(b'{"id": "half')
    assert len(explanation.read(str(out))) == before  # half a line is no row, and reading leaves it there
    server.delay, seen = 0.0, server.seen
    done(call(server, toml, out))
    assert server.seen - seen == 12 - before
    assert len({row["id"] for row in map(json.loads, path.read_text().splitlines())}) == 12


def test_another_configuration_seed_or_model_in_the_folder_is_refused(
    server: Server, toml: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done(call(server, toml, out, "--count", "1"))
    seen = server.seen
    other = tmp_path / "other.toml"
    other.write_text(TOML.replace("0.3", "0.4"))
    for command in (
        call(server, other, out), call(server, toml, out, "--seed", "5"), call(server, toml, out, "--model", "n"),
        call(server, toml, out, "--max-tokens", "9"),
    ):  # fmt: skip
        assert "another configuration" in done(command, 1)
    assert server.seen == seen


def test_the_folder_of_an_earlier_version_is_refused(server: Server, toml: Path, tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_text('{"id": "0-0", "verdict": "kept", "explanation": "x = 1"}\n')
    assert "earlier version" in done(call(server, toml, tmp_path), 1)
    (tmp_path / "manifest.json").write_text('{"model": "m", "runs": 1}')
    (tmp_path / "build.json").write_text('{"config_hash": ""}')
    assert "another configuration" in done(call(server, toml, tmp_path), 1)


def test_a_dry_run_asks_nothing_and_writes_nothing(server: Server, toml: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "at the prices given" in done(call(server, toml, out, "--dry-run", "--price-in", "1", "--price-out", "2"))
    assert server.seen == 0
    assert not out.exists()
