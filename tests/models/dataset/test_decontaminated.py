"""The report on decontamination counts what the index really drops."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from models.config import DatasetConfig
from models.dataset import decontaminated, freeze
from models.dataset.decontaminate import SYNTAX_TREE, Decontaminator, trees
from models.dataset.stream import stream

ROOT = Path(__file__).parents[3]
TOML = 'name = "t"\n[dataset]\nseed = 5\nrecords = 100\ndrills = 0.5\n[pretrain]\ntokens = 1\n'


def test_the_counts_are_those_of_the_stream() -> None:
    config, dropped = DatasetConfig(seed=5, drills=0.5), Counter[str]()
    records = stream(config, "5:0", Decontaminator.load(), dropped)
    tasks = Counter(next(records).task for _ in range(200))
    found = decontaminated.sample(config, 200)
    assert found["kept"] == tasks
    near = found["close to an evaluation set"]
    close = Counter({f"{rule}: {name}": count for rule, sets in near.items() for name, count in sets.items()})
    assert close + Counter(found["no record for other reasons"]) == dropped
    assert close.total() > 0  # drills are short: some always equal a program of a set


def test_an_item_counts_as_recognized_by_what_the_index_holds_of_it() -> None:
    code = "def zigzag(rows, word):\n    return [word[i::rows] + str(i ** 3) for i in range(rows) if word[i:]]"
    items = [("one", {"code": code, "statement": "Short."}), ("two", {"code": freeze.programs(["solve"])[0]})]
    known = Decontaminator.load()
    found = decontaminated.recognized(items, known)
    assert found["one"] == {
        "items": 1, "programs": 1, "programs recognized": 0, "statements": 1, "statements recognized": 0,
    }  # fmt: skip
    assert found["two"]["programs recognized"] == 1
    more = Decontaminator({**known.trees, **dict.fromkeys(trees(code), "one")}, known.grams)
    assert decontaminated.recognized(items, more)["one"]["programs recognized"] == 1


def test_every_frozen_program_is_recognized() -> None:
    for name, counts in decontaminated.recognized(decontaminated.frozen(), Decontaminator.load()).items():
        assert counts["programs"] == counts["programs recognized"] == counts["items"] > 0, name


def test_the_command_writes_both_files_and_they_agree(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(TOML)
    options = ["--config", str(tmp_path / "c.toml"), "--records", "60", "--out", str(tmp_path / "report")]
    command = [sys.executable, "-m", "models.dataset.decontaminated", *options]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=200)
    found = json.loads((tmp_path / "report.json").read_text())
    assert sum(found["kept"].values()) == 60
    text = (tmp_path / "report.md").read_text()
    assert text == decontaminated.told(found)
    equal = sum(found["close to an evaluation set"][SYNTAX_TREE].values())
    assert f"dropped: {SYNTAX_TREE} | {equal:,} |" in text
