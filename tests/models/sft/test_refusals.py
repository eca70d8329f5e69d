"""Runs that cannot go on: each ends with one clear line and leaves nothing that looks like a result."""

from __future__ import annotations

import json
import resource
import shutil
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from models.lineage import RUN
from models.sft import config, run, trainer
from models.sft.config import SftConfig
from models.sft.data import Source
from models.training import saves
from tests.models.sft.made import call, counting, make_toml, start
from workers.pipeline.errors import InputError
from workers.pipeline.manifest import MANIFEST


def test_a_loss_that_is_no_number_ends_the_run_and_is_not_saved(
    tiny: Path, tagged_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = shutil.copytree(tiny, tmp_path / "model")
    (model / "manifest.json").unlink()
    weights = load_file(model / "model.safetensors")
    weights["model.norm.weight"][0] = float("nan")
    save_file(weights, model / "model.safetensors", metadata={"format": "pt"})
    for records, message in ((0, "error: loss is nan at step 1"), (8, "error: eval_loss is nan at step 0")):
        (tmp_path / str(records)).mkdir()
        with pytest.raises(SystemExit, match=message):
            start(monkeypatch, tmp_path / str(records), model, tagged_data, save_steps=1, validation_records=records)
        assert not list((tmp_path / str(records) / "out").glob("checkpoint-*"))


def test_a_full_disk_is_one_clear_error(
    tiny: Path, tagged_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file may grow beyond what the weights need: the optimizer's state is larger, and the result is not reached."""
    weights, limits = (tiny / "model.safetensors").stat().st_size, resource.getrlimit(resource.RLIMIT_FSIZE)
    for size, name in ((weights, "model"), (2 * weights + 65536, "optimizer")):
        folder = tmp_path / name
        folder.mkdir()
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
        try:
            with pytest.raises(SystemExit, match=r"error: .*checkpoint-1 cannot be written"):
                start(monkeypatch, folder, tiny, tagged_data, steps=1)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert saves.last_whole(folder / "out") is None
        assert not (folder / "out/model").exists()


def remove_config(model: Path) -> None:
    (model / "config.json").unlink()


def remove_weights(model: Path) -> None:
    (model / "model.safetensors").unlink()
    (model / "manifest.json").unlink()


def damage(model: Path) -> None:
    (model / "tokenizer.json").write_text((model / "tokenizer.json").read_text() + " ")


def make_adapter(model: Path) -> None:
    (model / "adapter_config.json").write_text("{}")


@pytest.mark.parametrize(
    ("do", "train", "message"),
    [
        (shutil.rmtree, {}, "is no folder, and the hub does not give it"),
        (remove_config, {}, "no config.json"),
        (remove_weights, {}, "holds no weights"),
        (damage, {}, "tokenizer.json is damaged"),
        (make_adapter, {}, "is an adapter"),
        (None, {"max_tokens": 1024}, "max_tokens 1024 is more than the 512 of model"),
        (None, {"max_tokens": 4}, "training records are longer than 4 tokens"),
        (None, {"packing": "wrapped"}, "packing 'wrapped' is refused"),
        (None, {"stepz": 3}, "unknown key 'stepz'"),
    ],
)
def test_what_cannot_work_is_one_line(
    tiny: Path, tagged_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, do: Any, train: Any, message: str
) -> None:
    model = shutil.copytree(tiny, tmp_path / "model")
    if do:
        do(model)
    with pytest.raises(SystemExit) as caught:
        start(monkeypatch, tmp_path, model, tagged_data, **train)
    text = str(caught.value.code)  # a text: python prints it and exits with 1
    assert text.startswith("error: ") and message in text and "\n" not in text
    assert not (tmp_path / "out/model").exists()


def test_data_in_another_style_is_refused(
    tiny: Path, chat_data: Path, chat_model: Path, tagged_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit, match="speaks the tagged style, the data is in the chat style"):
        start(monkeypatch, tmp_path, tiny, chat_data)
    with pytest.raises(SystemExit, match="no finished data set"):
        start(monkeypatch, tmp_path, tiny, tmp_path)


@pytest.mark.parametrize("record", [MANIFEST, RUN])
def test_narratives_of_another_kind_than_the_model_tells_are_refused(
    tiny: Path, tagged_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: str
) -> None:
    """By the manifest of a checkpoint, and by what the result of a run says of itself."""
    model = shutil.copytree(tiny, tmp_path / "model")
    if record != MANIFEST:
        (model / MANIFEST).rename(model / record)
    spelled = counting(tagged_data, tmp_path / "data", {"spelled": 100})
    with pytest.raises(SystemExit, match=r"error: model .* tells compact narratives, the data spelled ones$"):
        start(monkeypatch, tmp_path, model, spelled)
    assert not (tmp_path / "out").exists()
    told = json.loads((model / record).read_text())
    (model / record).write_text(json.dumps(told | {"narrative_style": "spelled"}))
    with pytest.raises(SystemExit, match=r"error: model .* tells spelled narratives, the data compact ones$"):
        start(monkeypatch, tmp_path, model, tagged_data)


@pytest.mark.parametrize(
    ("style", "tells", "narrative"),
    [
        ("tagged", "spelled", "spelled"), ("tagged", "prose", "compact"), ("tagged", "direct", "spelled"),
        ("tagged", "spelled", ""), ("chat", "compact", "spelled"), ("tagged", None, "spelled"),
    ],
)  # fmt: skip
def test_other_narratives_do_not_matter(tmp_path: Path, style: str, tells: str | None, narrative: str) -> None:
    """The same ones, none, those of models that tell in another way or say nothing, and those of the chat style."""
    if tells:
        (tmp_path / RUN).write_text(json.dumps({"prompt_style": style, "narrative_style": tells}))
    run._check_styles(SftConfig("t", "m"), tmp_path, Source(tmp_path, style, narrative, {}, ""))


def test_a_folder_is_that_of_one_run(
    whole: Path, tiny: Path, tagged_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(whole, tmp_path / "out")
    with pytest.raises(SystemExit, match="holds a run of another configuration, model or data"):
        start(monkeypatch, tmp_path, tiny, tagged_data, lr=1e-3)


def test_a_run_in_another_prompt_version_does_not_go_on_and_is_no_base(
    whole: Path, tagged_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(whole, tmp_path / "out")
    for path in (tmp_path / "out/config.json", tmp_path / "out/model" / RUN):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"prompt_version": 1}))
    with pytest.raises(SystemExit, match=r"error: .*out/config\.json is of PROMPT_VERSION 1, this code speaks"):
        call(monkeypatch, whole.parent / "t.toml", tagged_data, tmp_path / "out")
    (tmp_path / "next").mkdir()
    with pytest.raises(SystemExit, match=r"error: .*model/run\.json is of PROMPT_VERSION 1, this code speaks"):
        start(monkeypatch, tmp_path / "next", tmp_path / "out/model", tagged_data)


def test_processes_that_cannot_share_a_batch_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(InputError, match="batch 8 is not shared equally by 3 processes"):
        trainer.arguments(config.load(make_toml(tmp_path / "t.toml", tmp_path)), tmp_path, True, True)
