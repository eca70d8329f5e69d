"""The command of a run: its folder is that of one configuration, and what it cannot use is said in one line."""

from __future__ import annotations

import json
import resource
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from models import config
from models.pretrain import __main__ as command
from models.pretrain import prepare
from tests.models.pretrain.tiny import make_data

TOML = """name = "tiny"
[dataset]
max_tokens = 128
[model]
hidden = 32
layers = 1
context = 128
[pretrain]
tokens = 1000
batch_tokens = 768
validation_records = 16
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Configuration, data and folder of a finished run."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "tiny.toml").write_text(TOML)
    make_data(folder / "data", dataset=config.load(folder / "tiny.toml").dataset)
    with pytest.MonkeyPatch.context() as monkeypatch:
        call(monkeypatch, folder)
    return folder


@pytest.fixture
def again(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "all"))


def call(monkeypatch: pytest.MonkeyPatch, folder: Path, *more: str) -> None:
    options = {"--config": folder / "tiny.toml", "--data": folder / "data", "--out": folder / "run"}
    words = [str(word) for option in options.items() for word in option]
    monkeypatch.setattr(sys, "argv", ["pretrain", *words, *more])
    command.main()


def refused(monkeypatch: pytest.MonkeyPatch, folder: Path, *more: str) -> str:
    with pytest.raises(SystemExit) as caught:
        call(monkeypatch, folder, *more)
    text = str(caught.value.code)  # a text: python prints it and exits with 1
    assert text.startswith("error: ") and "\n" not in text
    return text


def test_the_folder_says_what_the_run_was_begun_with_and_is_written_once(
    again: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = again / "run/config.json"
    told, before = json.loads(path.read_text()), path.stat()
    assert told["prompt_version"] == prepare.PROMPT_VERSION
    del told["prompt_version"]
    assert config.parsed(told, "") == config.load(again / "tiny.toml")
    call(monkeypatch, again)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    path.unlink()
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setattr(command, "_device", lambda: "cpu")
    call(monkeypatch, again)
    assert not path.exists()  # that is for the first process alone


def test_a_run_from_before_versions_were_recorded_goes_on_and_that_is_said(
    again: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = again / "run/config.json"
    told = json.loads(path.read_text())
    del told["prompt_version"]
    path.write_text(json.dumps(told))
    call(monkeypatch, again)
    assert "config.json names no PROMPT_VERSION: taken as" in capsys.readouterr().out


def another_configuration(folder: Path) -> None:
    (folder / "tiny.toml").write_text(TOML.replace("768", "384"))


def unsaved(folder: Path) -> None:
    another_configuration(folder)
    (folder / "run/state.pt").unlink()


def old_run(folder: Path) -> None:
    change(folder / "run/config.json", 1)


def old_data(folder: Path) -> None:
    change(folder / "data/manifest.json", 1)


def change(path: Path, version: int) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | {"prompt_version": version}))


def cut(path: str) -> Any:
    def do(folder: Path) -> None:
        (folder / path).write_bytes((folder / path).read_bytes()[:-20])

    return do


def another_model(folder: Path) -> None:
    state = torch.load(folder / "run/state.pt")
    del state["model"]["model.norm.weight"]
    torch.save(state, folder / "run/state.pt")


def no_progress(folder: Path) -> None:
    state = torch.load(folder / "run/state.pt")
    state["progress"] = {}
    torch.save(state, folder / "run/state.pt")


@pytest.mark.parametrize(
    ("do", "message"),
    [
        (another_configuration, "run holds a run of another configuration"),
        (unsaved, "run holds a run of another configuration"),
        (old_run, "run/config.json is of PROMPT_VERSION 1, this code speaks "),
        (old_data, "data/manifest.json is of PROMPT_VERSION 1, this code speaks "),
        (cut("run/config.json"), "run/config.json is damaged"),
        (cut("run/state.pt"), "run/state.pt is damaged"),
        (another_model, "run/state.pt does not fit this configuration"),
        (no_progress, "run/state.pt does not fit this configuration"),
        (cut("data/shard-00000.npz"), "data/shard-00000.npz is damaged"),
        (cut("data/tokenizer.json"), "data/tokenizer.json is damaged"),
        (cut("data/manifest.json"), "data/manifest.json is damaged"),
    ],
)
def test_what_cannot_be_used_is_one_line(again: Path, monkeypatch: pytest.MonkeyPatch, do: Any, message: str) -> None:
    do(again)
    assert message in refused(monkeypatch, again)


def test_a_full_disk_is_one_clear_error_and_the_save_before_stays(
    again: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file may be as large as a save."""
    shutil.rmtree(again / "run")
    full(monkeypatch, again, 20_000)
    assert not (again / "run/state.pt").exists()
    with monkeypatch.context() as patch:
        patch.setattr("models.pretrain.train.Trainer.share", lambda _: 1.0)
        call(patch, again)  # saves the beginning
    before = (again / "run/state.pt").read_bytes()
    full(monkeypatch, again, 20_000)
    assert (again / "run/state.pt").read_bytes() == before


def full(monkeypatch: pytest.MonkeyPatch, folder: Path, size: int) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        assert "run/state.pt cannot be written" in refused(monkeypatch, folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_fewer_than_no_workers_are_refused(again: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--workers must be at least 0, not -1" in refused(monkeypatch, again, "--workers", "-1")
