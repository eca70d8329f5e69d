"""The cache of converted weights: built once, never half, and only for models that would be served rightly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file, save_file

from tests.tiny import make_tiny_checkpoint, write_manifest
from workers import ct2
from workers.ct2 import cached_form, default_cache
from workers.pipeline.errors import CheckpointError
from workers.served import read


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return make_tiny_checkpoint(tmp_path / "tiny")


def edit_config(checkpoint: Path, **changes: Any) -> None:
    path = checkpoint / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_form_is_built_once(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    form = cached_form(checkpoint, "a", tmp_path / "cache")
    monkeypatch.setattr(ct2, "convert", lambda *_: pytest.fail("converted again"))
    assert cached_form(checkpoint, "a", tmp_path / "cache") == form
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [form.name]


def test_other_weights_or_another_config_have_another_form(checkpoint: Path, tmp_path: Path) -> None:
    forms = [cached_form(checkpoint, digest, tmp_path / "cache") for digest in "ab"]
    edit_config(checkpoint, rope_theta=500.0)
    forms.append(cached_form(checkpoint, "a", tmp_path / "cache"))
    assert len(set(forms)) == 3


def test_an_interrupted_conversion_is_never_used(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_config: object, _weights: object, folder: Path) -> None:
        (folder / "model.bin").write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ct2, "convert", die)
        with pytest.raises(KeyboardInterrupt):
            cached_form(checkpoint, "a", tmp_path / "cache")
    killed = tmp_path / "cache" / "unfinished-killed"  # what kill -9 leaves behind
    killed.mkdir()
    (killed / "model.bin").write_bytes(b"half")
    form = cached_form(checkpoint, "a", tmp_path / "cache")
    assert form != killed
    assert (form / "model.bin").stat().st_size > 100_000


def test_two_processes_that_convert_at_once_agree(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one finishes while this one still converts."""
    honest: Callable[..., None] = ct2.convert

    def late(config: Any, weights: Any, folder: Path) -> None:
        monkeypatch.setattr(ct2, "convert", honest)
        cached_form(checkpoint, "a", tmp_path / "cache")
        honest(config, weights, folder)

    monkeypatch.setattr(ct2, "convert", late)
    form = cached_form(checkpoint, "a", tmp_path / "cache")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [form.name]


@pytest.mark.parametrize(
    "changes",
    [
        {"architectures": ["GPT2LMHeadModel"]},
        {"architectures": None},
        {"rope_scaling": {"rope_type": "llama3", "factor": 8.0}},
        {"rope_scaling": {"type": "linear", "factor": 2.0}},
        {"rope_parameters": {"rope_type": "yarn", "rope_theta": 10000.0}},
        {"hidden_act": "gelu"},
        {"attention_bias": True},
        {"mlp_bias": True},
        {"quantization_config": {"quant_method": "awq"}},
    ],
)
def test_a_model_that_would_be_served_wrongly_is_refused(
    checkpoint: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    edit_config(checkpoint, **changes)
    with pytest.raises(CheckpointError):
        cached_form(checkpoint, "a", tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_missing_or_unreadable_weights_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    path = checkpoint / "model.safetensors"
    weights = load_file(path)
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, path)
    with pytest.raises(CheckpointError, match="up_proj"):
        cached_form(checkpoint, "a", tmp_path / "cache")
    path.write_bytes(b"not weights")
    with pytest.raises(CheckpointError, match=r"model\.safetensors"):
        cached_form(checkpoint, "a", tmp_path / "cache")


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_damaged_file_is_refused(checkpoint: Path, name: str) -> None:
    path = checkpoint / name
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(CheckpointError, match="damaged"):
        read(checkpoint)


def test_another_prompt_version_is_refused(checkpoint: Path) -> None:
    write_manifest(checkpoint, 1, prompt_version=999)
    with pytest.raises(CheckpointError, match="999"):
        read(checkpoint)


@pytest.mark.parametrize("end", [None, -1, 100_000, [1, 100_000]])
def test_an_end_token_outside_the_vocabulary_is_refused(checkpoint: Path, end: object) -> None:
    (checkpoint / "generation_config.json").write_text("{}")
    edit_config(checkpoint, eos_token_id=end)
    write_manifest(checkpoint, 1)
    with pytest.raises(CheckpointError, match="eos_token_id"):
        read(checkpoint)


def test_files_the_manifest_does_not_vouch_for_are_refused(checkpoint: Path) -> None:
    write_manifest(checkpoint, 1, files={})
    with pytest.raises(CheckpointError, match="does not name"):
        read(checkpoint)


def test_the_cache_follows_the_xdg_specification(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere/cache")
    assert default_cache() == Path("/somewhere/cache/deskcheck/ct2")
    for unusable in ("", "relative/cache"):
        monkeypatch.setenv("XDG_CACHE_HOME", unusable)
        assert default_cache() == Path.home() / ".cache/deskcheck/ct2"
