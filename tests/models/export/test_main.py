"""The command: takes the run of any stage, and says in one line what it cannot take."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from models import config
from models.export import __main__ as command
from models.lineage import RUN
from models.pretrain import export as pretrained
from models.pretrain import tokenizer as tokenizers_
from models.pretrain.train import Trainer
from tests.models.pretrain.tiny import make_data
from workers.pipeline.manifest import read_manifest, verify_files

PRETRAIN = 'name = "tiny"\n[model]\nlayers = 1\ncontext = 128\n[pretrain]\ntokens = 1\nvalidation_records = 16\n'


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["export", *map(str, arguments)])
    command.main()


def test_a_pretraining_run_becomes_what_its_own_command_makes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, toml, run = make_data(tmp_path / "data"), tmp_path / "tiny.toml", tmp_path / "run"
    (data / "tokenizer.json").write_text(tokenizers_.build(["def f(x):\n    return x\n" * 3], 320).to_str())
    toml.write_text(PRETRAIN)
    run.mkdir()
    Trainer(config.load(toml), data, run).save()
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


def damaged(run: Path) -> None:
    (run / "model/config.json").write_text("{")


@pytest.mark.parametrize(
    ("do", "message"),
    [
        (shutil.rmtree, "is no finished run: neither model/run.json nor state.pt"),
        (unfinished, "is no finished run"),
        (silent, "model/run.json lacks data_hash"),
        (damaged, "cannot be loaded"),
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
