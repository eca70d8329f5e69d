"""The path of the bundled model, walked by its own make targets: data, two training processes, checkpoint, figures."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from models import config
from workers.pipeline.manifest import read_manifest, verify_files

ROOT = Path(__file__).parents[2]


def make(*arguments: str, cache: Path = Path("/nonexistent")) -> subprocess.CompletedProcess[str]:
    """`make`, on the environments as they are: a test sets nothing up."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    environment["XDG_CACHE_HOME"] = str(cache)
    ready = ("-o", ".venv/.service", "-o", ".venv-train/.train")
    command = ["make", *ready, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=400)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("smoke")
    done = make("nano-smoke", f"SMOKE={folder}/nano", cache=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "nano"


def test_the_checkpoint_is_whole_and_says_what_made_it(walked: Path) -> None:
    manifest = read_manifest(walked / "checkpoint")
    verify_files(walked / "checkpoint", manifest)
    source = ROOT / "models/configs" / manifest.config
    assert manifest.config_hash == config.digest(config.load(source))
    assert manifest.data_hash == json.loads((walked / "data/manifest.json").read_text())["data_hash"]
    assert manifest.training["tokens"] > 10_000


def test_both_suites_left_their_figures_and_the_calibration_its_table(walked: Path) -> None:
    manifest = read_manifest(walked / "checkpoint")
    assert {"programs", "problems"} <= set(manifest.evaluation)
    assert manifest.evaluation["programs"]["accuracy"]["n"] == 4
    assert manifest.evaluation["problems"]["candidates"] == 8


def test_the_loss_fell(walked: Path) -> None:
    lines = [json.loads(line) for line in (walked / "run/log.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in lines if "loss" in line]
    assert losses[-1] < losses[0] - 0.5


def test_what_was_made_is_bundled_where_nothing_is_and_replaces_nothing_without_being_better(
    walked: Path, tmp_path: Path
) -> None:
    options = (f"MADE={walked}/checkpoint", f"BUNDLED={tmp_path}/bundled/nano")
    assert make("nano-install", *options).returncode == 0
    verify_files(tmp_path / "bundled/nano", read_manifest(tmp_path / "bundled/nano"))
    for accepted, reason in (("", "not measured for both: cruxeval"), ("cruxeval", "clearly better in nothing")):
        refused = make("nano-install", f"ACCEPT={accepted}", *options)
        assert refused.returncode != 0
        assert reason in refused.stderr
    assert make("nano-install", "MADE=/nonexistent", options[1]).returncode != 0
