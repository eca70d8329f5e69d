"""What is not exported, and what a killed export leaves: nothing that could be taken for a checkpoint."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from models.export import export as exporting
from models.export.export import export
from tests.models.export.conftest import make_run
from workers.pipeline.errors import CheckpointError, InputError
from workers.pipeline.manifest import read_manifest, verify_files


def test_an_adapter_whose_base_has_changed_is_refused(adapter_run: Path, full_run: Path, tmp_path: Path) -> None:
    run = shutil.copytree(adapter_run, tmp_path / "run")
    path = run / "model/adapter_config.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps(told | {"base_model_name_or_path": str(full_run / "model")}))
    with pytest.raises(InputError, match="does not hold the weights that the adapter"):
        export(run, tmp_path / "t")
    path.write_text(json.dumps(told | {"base_model_name_or_path": str(tmp_path / "gone")}))
    with pytest.raises(InputError, match="is no folder, and the hub does not give it"):
        export(run, tmp_path / "t")
    assert not (tmp_path / "t").exists()


def test_an_existing_checkpoint_is_replaced_only_on_request(full_run: Path, tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t/mark").touch()
    with pytest.raises(InputError, match="exists already"):
        export(full_run, tmp_path / "t")
    assert (tmp_path / "t/mark").exists()
    export(full_run, tmp_path / "t", replace=True)
    verify_files(tmp_path / "t", read_manifest(tmp_path / "t"))
    assert not (tmp_path / "t/mark").exists()


@pytest.mark.parametrize("step", ["_plain", "complete"])
def test_an_export_killed_at_any_step_leaves_nothing_loadable(
    full_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(exporting, step, die)
        with pytest.raises(KeyboardInterrupt):
            export(full_run, tmp_path / "t")
    for left in (tmp_path / "t", tmp_path / ".t.partial"):
        with pytest.raises(CheckpointError):
            read_manifest(left)
    export(full_run, tmp_path / "t")  # what was left is no obstacle
    verify_files(tmp_path / "t", read_manifest(tmp_path / "t"))


def test_weights_that_float16_cannot_hold_are_refused_and_bfloat16_takes_them(base: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", base, scale=1e5)
    with pytest.raises(InputError, match="float16 cannot: try --dtype bfloat16"):
        export(run, tmp_path / "t")
    assert not (tmp_path / "t").exists()
    export(run, tmp_path / "t", "bfloat16")
    verify_files(tmp_path / "t", read_manifest(tmp_path / "t"))
    assert {value.dtype for value in load_file(tmp_path / "t/model.safetensors").values()} == {torch.bfloat16}
    assert json.loads((tmp_path / "t/config.json").read_text())["dtype"] == "bfloat16"
