"""Writing a checkpoint: whole or not there, hashes right, never over another one."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from models import checkpoint
from tests.tiny import tiny_config, tiny_tokenizer, tiny_weights
from workers.pipeline.errors import CheckpointError, InputError
from workers.pipeline.manifest import read_manifest, verify_files
from workers.pipeline.prompts import PROMPT_VERSION

MANIFEST = {
    "name": "t", "prompt_version": PROMPT_VERSION, "context_length": 512, "prompt_style": "tagged",
    "narrative_style": "compact",
    "tasks": ["solve", "predict", "fix"], "config": "t.toml", "data_hash": "0" * 64, "config_hash": "1" * 64,
    "training": {"tokens": 5, "seconds": 1}, "evaluation": {}, "calibration": [],
}  # fmt: skip


def write(folder: Path, scale: float = 1.0, replace: bool = False) -> None:
    tokenizer = tiny_tokenizer()
    saved = folder.parent / "source-tokenizer.json"
    tokenizer.save(str(saved))
    weights = {name: value.astype(np.float32) for name, value in tiny_weights(tokenizer.get_vocab_size(), 0).items()}
    weights["model.norm.weight"] *= np.float32(scale)
    checkpoint.write(folder, weights, tiny_config(tokenizer), saved, MANIFEST, replace)


def test_what_is_written_is_what_serving_accepts(tmp_path: Path) -> None:
    folder = tmp_path / "nano"
    write(folder)
    manifest = read_manifest(folder)
    verify_files(folder, manifest)
    weights = load_file(folder / "model.safetensors")
    assert {value.dtype for value in weights.values()} == {np.dtype(np.float16)}
    assert manifest.parameters == sum(value.size for value in weights.values())
    assert set(manifest.files) == {p.name for p in folder.iterdir()} - {"manifest.json"}
    assert not list(tmp_path.glob(".*"))


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "nano"
    write(folder)
    with (folder / "tokenizer.json").open("a") as file:
        file.write(" ")
    with pytest.raises(CheckpointError, match=r"tokenizer\.json is damaged"):
        verify_files(folder, read_manifest(folder))


@pytest.mark.parametrize("step", ["save_file", "_json", "complete"])
def test_a_write_killed_at_any_step_leaves_nothing_loadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    folder = tmp_path / "nano"
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, step, die)
        with pytest.raises(KeyboardInterrupt):
            write(folder)
    for left in (folder, tmp_path / ".nano.partial"):
        with pytest.raises(CheckpointError):
            read_manifest(left)
    write(folder)  # what was left is no obstacle
    verify_files(folder, read_manifest(folder))


def test_an_existing_checkpoint_is_not_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "nano"
    write(folder)
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(InputError, match="exists already"):
        write(folder)
    assert (folder / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("scale", [float("nan"), float("inf"), 1e6])
def test_weights_that_are_no_numbers_in_float16_are_refused_and_what_was_there_stays(
    tmp_path: Path, scale: float
) -> None:
    folder = tmp_path / "nano"
    with pytest.raises(InputError, match=r"model\.norm\.weight holds values that float16 cannot"):
        write(folder, scale)
    assert not list(tmp_path.glob("*nano*"))
    write(folder)
    with pytest.raises(InputError, match="float16 cannot"):
        write(folder, scale, replace=True)
    verify_files(folder, read_manifest(folder))


def test_a_full_disk_is_an_error_of_the_system_and_what_was_there_stays(tmp_path: Path) -> None:
    folder, limits = tmp_path / "nano", resource.getrlimit(resource.RLIMIT_FSIZE)
    write(folder)
    largest = (folder / "tokenizer.json").stat().st_size
    assert (folder / "model.safetensors").stat().st_size > largest
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, limits[1]))
    try:
        with pytest.raises(OSError, match=r"model\.safetensors cannot be written: .*too large"):
            write(folder, replace=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    verify_files(folder, read_manifest(folder))
    write(folder, scale=2.0, replace=True)
    assert load_file(folder / "model.safetensors")["model.norm.weight"].mean() > 1.5


def test_completing_again_ignores_what_a_killed_call_left(tmp_path: Path) -> None:
    folder = tmp_path / "nano"
    write(folder)
    (folder / ".manifest.json").write_text("{")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest.pop("files")
    checkpoint.complete(folder, manifest | {"evaluation": {"programs": {"accuracy": 0.5}}})
    read = read_manifest(folder)
    verify_files(folder, read)
    assert read.evaluation == {"programs": {"accuracy": 0.5}}
