"""The command: takes the run of any stage, and says in one line what it cannot take."""

from __future__ import annotations

import json
import resource
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from models import config
from models.export import __main__ as command
from models.lineage import RUN
from models.pretrain import export as pretrained
from models.pretrain import tokenizer as tokenizers_
from models.pretrain.train import Trainer
from models.training.result import claim
from tests.models.pretrain.tiny import make_data
from workers.pipeline.manifest import read_manifest, verify_files
from workers.pipeline.prompts import PROMPT_VERSION

PRETRAIN = """name = "tiny"
[dataset]
max_tokens = 128
[model]
layers = 1
context = 128
[pretrain]
tokens = 1
validation_records = 16
"""


def pretraining(folder: Path) -> tuple[Path, Path, Path]:
    """Data, configuration and folder of a run that was saved once."""
    data, toml, run = folder / "data", folder / "tiny.toml", folder / "run"
    toml.write_text(PRETRAIN)
    resolved = config.load(toml)
    make_data(data, dataset=resolved.dataset)
    (data / "tokenizer.json").write_text(tokenizers_.build(["def f(x):\n    return x\n" * 3], 320).to_str())
    claim(run, asdict(resolved))
    Trainer(resolved, data, run).save()
    return data, toml, run


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["export", *map(str, arguments)])
    command.main()


def test_a_pretraining_run_becomes_what_its_own_command_makes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, toml, run = pretraining(tmp_path)
    with pytest.raises(SystemExit, match=r"error: .* is a pretraining run: give its --config and --data too"):
        call(monkeypatch, "--run", run, "--out", tmp_path / "t")
    call(monkeypatch, "--run", run, "--out", tmp_path / "t", "--config", toml, "--data", data)
    pretrained.export(run, data, tmp_path / "own", toml)
    made, own = (json.loads((tmp_path / name / "manifest.json").read_text()) for name in ("t", "own"))
    assert made == own
    assert made["stage"] == "pretrain"
    verify_files(tmp_path / "t", read_manifest(tmp_path / "t"))


def unfinished(run: Path) -> None:
    (run / "model").rename(run / ".model.partial")


def silent(run: Path) -> None:
    told = json.loads((run / "model" / RUN).read_text())
    del told["data_hash"]
    (run / "model" / RUN).write_text(json.dumps(told))


def old(run: Path) -> None:
    told = json.loads((run / "model" / RUN).read_text())
    (run / "model" / RUN).write_text(json.dumps(told | {"prompt_version": 1}))


def damaged(run: Path) -> None:
    (run / "model/config.json").write_text("{")


@pytest.mark.parametrize(
    ("do", "message"),
    [
        (shutil.rmtree, "is no finished run: neither model/run.json nor state.pt"),
        (unfinished, "is no finished run"),
        (silent, "model/run.json lacks data_hash"),
        (damaged, "cannot be loaded"),
        (old, "model/run.json is of PROMPT_VERSION 1, this code speaks "),
    ],
)
def test_what_cannot_be_exported_is_one_line(
    full_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, do: Any, message: str
) -> None:
    do(shutil.copytree(full_run, tmp_path / "run"))
    with pytest.raises(SystemExit) as caught:
        call(monkeypatch, "--run", tmp_path / "run", "--out", tmp_path / "t")
    text = str(caught.value.code)
    assert text.startswith("error: ") and message in text and "\n" not in text
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize("own", [False, True])
def test_a_full_disk_is_one_clear_error_and_the_checkpoint_before_stays(
    full_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: bool
) -> None:
    """No file may be as large as the weights. Of both exports and of pretraining's own command."""
    data, toml, run = pretraining(tmp_path)
    of_pretraining = ("--run", run, "--out", tmp_path / "t", "--config", toml, "--data", data, "--replace")
    commands = [(command, of_pretraining), (pretrained, of_pretraining)]
    if not own:
        commands = [(command, ("--run", full_run, "--out", tmp_path / "t", "--replace"))]
    (tmp_path / "t").mkdir()
    (tmp_path / "t/mark").touch()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for module, arguments in commands:
        monkeypatch.setattr(sys, "argv", ["export", *map(str, arguments)])
        resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, limits[1]))
        try:
            with pytest.raises(SystemExit) as caught:
                module.main()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        text = str(caught.value.code)
        assert text.startswith("error: ") and "cannot be written" in text and "\n" not in text
        assert (tmp_path / "t/mark").exists()


def test_a_run_from_before_versions_were_recorded_is_taken_as_of_this_one_and_said_to_be(
    full_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(full_run, tmp_path / "run")
    told = json.loads((run / "model" / RUN).read_text())
    del told["prompt_version"]
    (run / "model" / RUN).write_text(json.dumps(told))
    call(monkeypatch, "--run", run, "--out", tmp_path / "t")
    assert "model/run.json names no PROMPT_VERSION: taken as" in capsys.readouterr().out
    assert read_manifest(tmp_path / "t").prompt_version == PROMPT_VERSION
