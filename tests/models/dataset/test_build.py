"""A data set: a function of its configuration alone, however the work is cut, ordered or broken off."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from models import config
from models.dataset import build, folder, part, schema, workers
from workers.pipeline.errors import InputError

ROOT = Path(__file__).parents[3]
TOML = """name = "t"
seed = 5
rows = 150
parts = 3
validation = 0.1
test = 0.1
fold = 20
[[source]]
kind = "drill"
[[source]]
kind = "broad"
wrong = 0.3
[[source]]
kind = "composed"
solve = 0.5
fix = 0.5
wrong = 0.5
solutions = 3
"""


def command(folder: Path, *options: str) -> list[str]:
    toml = folder.parent / f"{folder.name}.toml"
    toml.write_text(TOML)
    return [sys.executable, "-m", "models.dataset", "--config", str(toml), "--out", str(folder), *options]


def call(folder: Path, *options: str, hash_seed: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    return subprocess.run(
        command(folder, *options), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(folder: Path) -> list[dict[str, Any]]:
    return [row for path in sorted((folder / "data").iterdir()) for row in schema.read(path).to_pylist()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "data"
    done = call(folder, "--processes", "2", hash_seed=1)
    assert done.returncode == 0, done.stderr
    return folder


def test_shards_made_apart_in_any_order_give_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for shard in ("1/2", "0/2"):
        done = call(folder, "--shard", shard, "--processes", "1", hash_seed=7)
        assert done.returncode == 0, done.stderr
        assert not (folder / "manifest.json").exists()
    alone = [hashlib.sha256(part.path(folder, number).read_bytes()).hexdigest() for number in range(3)]
    assert alone == json.loads((whole / "manifest.json").read_text())["parts"]
    assert call(folder, hash_seed=9).returncode == 0
    assert contents(folder) == contents(whole)


def test_a_killed_build_leaves_nothing_half_and_goes_on_to_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    process = subprocess.Popen(command(folder, "--processes", "2"), cwd=ROOT, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not any((folder / "parts").glob("*.json")) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    children = child_processes(process.pid)
    process.send_signal(signal.SIGKILL)  # the parent alone: its children have to notice
    process.wait()
    assert not (folder / "manifest.json").exists()
    for path in (folder / "parts").glob("*.parquet"):
        assert schema.read(path).num_rows == 50
    until = time.monotonic() + 20
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < until:
        time.sleep(0.05)
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    (folder / "parts/.part-00000.parquet.host.1.tmp").write_bytes(b"half")
    done = call(folder)
    assert done.returncode == 0, done.stderr
    assert contents(folder) == contents(whole)


def test_a_child_that_dies_before_all_parts_are_handed_in_is_the_same_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise BrokenProcessPool("terminated abruptly")

    monkeypatch.setattr(workers.ProcessPoolExecutor, "submit", broken)
    (tmp_path / "t.toml").write_text(TOML)
    loaded = config.load_data(tmp_path / "t.toml")
    with pytest.raises(part.PartFailed, match="died while it made a part"):
        workers.make(loaded, [0], tmp_path, 1, Console(quiet=True))


def test_a_child_that_dies_is_an_error_in_one_line(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command(tmp_path / "data", "--processes", "1"), cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 60
    while not (children := makers(process.pid)) and time.monotonic() < until:
        time.sleep(0.005)
    os.kill(children[0], signal.SIGKILL)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert "error: a process died while it made a part" in error
    assert "Traceback" not in error
    assert not (tmp_path / "data/manifest.json").exists()


def child_processes(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def makers(pid: int) -> list[int]:
    """Children that make parts; multiprocessing also starts one that tracks resources."""
    lines = {child: Path(f"/proc/{child}/cmdline").read_bytes() for child in child_processes(pid)}
    return [child for child, line in lines.items() if b"spawn_main" in line]


def test_a_damaged_part_is_made_again(whole: Path, tmp_path: Path) -> None:
    loaded = config.load_data(whole.parent / "data.toml")
    part.make(loaded, 0, tmp_path, lambda: None)
    path, good = part.path(tmp_path, 0), part.path(tmp_path, 0).read_bytes()
    path.write_bytes(good[:-5])
    assert part.record(tmp_path, 0) is None
    part.make(loaded, 0, tmp_path, lambda: None)
    assert path.read_bytes() == good


def test_a_finished_folder_is_left_as_it_is_and_checked(whole: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*")}
    loaded = config.load_data(whole.parent / "data.toml")
    manifest = build.build(loaded, whole, 1)
    assert manifest == json.loads((whole / "manifest.json").read_text())
    assert {path: path.stat().st_mtime_ns for path in whole.rglob("*")} == before
    copy = shutil.copytree(whole, tmp_path / "copy")
    damaged = copy / next(iter(manifest["files"]))
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match="missing or damaged"):
        build.build(loaded, copy, 1)


def test_data_of_another_configuration_is_refused(whole: Path, tmp_path: Path) -> None:
    loaded = config.load_data(whole.parent / "data.toml")
    with pytest.raises(InputError, match="another configuration"):
        build.build(dataclasses.replace(loaded, seed=6), whole, 1)
    folder.claim(tmp_path / "new", config.digest(loaded))
    with pytest.raises(InputError, match="another configuration"):
        build.build(dataclasses.replace(loaded, rows=151), tmp_path / "new", 1)


@pytest.mark.parametrize("shard", ["2/2", "-1/2", "1", "1/0", "a/b"])
def test_a_shard_that_there_is_not_is_refused(tmp_path: Path, shard: str) -> None:
    done = call(tmp_path / "data", f"--shard={shard}")
    assert done.returncode == 2
    assert "i/n" in done.stderr
    assert not (tmp_path / "data").exists()


def test_the_manifest_counts_what_is_there_and_why_the_rest_is_not(whole: Path) -> None:
    manifest, found = json.loads((whole / "manifest.json").read_text()), rows(whole)
    counted = Counter((row["origin"], row["task"], row["split"]) for row in found)
    told = {
        (origin, task, split): count
        for origin, tasks in manifest["counts"].items()
        for task, splits in tasks.items()
        for split, count in splits.items()
    }
    assert told == counted
    reasons = [item for reasons in manifest["dropped"].values() for item in reasons.items()]
    across = sum(count for reason, count in reasons if "earlier part" in reason)
    assert manifest["rows"] == len(found) == 150 - across
    for name, facts in manifest["files"].items():
        assert folder.sha256(whole / name) == facts["sha256"]
    assert {"README.md", "plots/steps.png"} < manifest["files"].keys()
    assert sum(facts.get("rows", 0) for facts in manifest["files"].values()) == len(found)


def test_no_row_or_program_occurs_twice_and_no_group_lies_in_two_splits(whole: Path) -> None:
    found = rows(whole)
    assert len({row["id"] for row in found}) == len(found)
    assert max(Counter((row["task"], row["key"]) for row in found).values()) == 1
    groups: dict[str, set[str]] = {}
    for row in found:
        groups.setdefault(row["group"], set()).add(row["split"])
    assert {len(splits) for splits in groups.values()} == {1}
    assert {row["split"] for row in found} == {"train", "validation", "test"}
    for path in (whole / "data").iterdir():
        assert {row["split"] for row in schema.read(path).to_pylist()} == {path.name.split("-")[0]}


def test_the_card_tells_the_counts(whole: Path) -> None:
    card = (whole / "README.md").read_text()
    total = Counter(row["split"] for row in rows(whole))
    assert f"| all |  | {total['train']} | {total['validation']} | {total['test']} |" in card
    for task in ("predict", "solve", "fix"):
        assert f"`{task}`, from `" in card
    wrong = [row for row in rows(whole) if row["wrong_program"] and not (row["task"] == "fix" and row["correct"])]
    slips = Counter((row["slip"], row["task"]) for row in wrong)
    for slip in {slip for slip, _ in slips}:
        assert f"| {slip} | {slips[slip, 'predict']} | {slips[slip, 'fix']} |" in card
    tests = {len(row["tests"]) for row in rows(whole) if row["tests"]}
    assert tests == {11}
    assert "| tests of a problem | 11 | 11 | 11 | 11 |" in card
    solutions = Counter((row["statement"], row["entry_point"]) for row in rows(whole) if row["task"] == "solve")
    longest = max(solutions.values())
    assert longest > 1
    assert re.search(rf"\| solutions of a problem \|.* {longest} \|\n", card)
    for plot in (whole / "plots").iterdir():
        assert f"(plots/{plot.name})" in card
        assert plot.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
