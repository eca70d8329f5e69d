from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from tests.workers.pipeline.problems import BELIEF
from workers.pipeline.believe import Others
from workers.pipeline.calibrate import Bin
from workers.pipeline.errors import CheckpointError
from workers.pipeline.manifest import Manifest, read_manifest, verify_files
from workers.pipeline.prompts import PROMPT_VERSION
from workers.pipeline.types import Verdict

MANIFEST = Manifest(
    name="nano",
    parameters=1000,
    context_length=512,
    prompt_version=PROMPT_VERSION,
    prompt_style="tagged",
    narrative_style="compact",
    tasks=("solve", "predict", "fix"),
    config="nano",
    data_hash="d" * 64,
    config_hash="c" * 64,
    training={"tokens": 10, "seconds": 1.5},
    evaluation={"predict": {"accuracy": 0.5}},
    calibration=(Bin(0.0, 1.0, 0.5, 10),),
    files={"weights": hashlib.sha256(b"weights").hexdigest()},
)


OTHERS = Others((Bin(0.0, 1.0, 0.25, 4),), 0.2)


def write(folder: Path, **changes: Any) -> Path:
    data = {name: value for name, value in {**asdict(MANIFEST), **changes}.items() if value is not ...}
    (folder / "manifest.json").write_text(json.dumps(data), encoding="utf-8")
    (folder / "weights").write_bytes(b"weights")
    return folder


def believing(**changes: Any) -> dict[str, Any]:
    """A belief as it stands in a manifest, changed."""
    return {**asdict(BELIEF), **changes}


def test_a_manifest_survives_json(tmp_path: Path) -> None:
    assert read_manifest(write(tmp_path, later_field=1)) == MANIFEST


def test_what_was_measured_of_others_programs_survives_json_and_may_be_missing(tmp_path: Path) -> None:
    voted = replace(OTHERS, votes=5)
    assert read_manifest(write(tmp_path, others=[asdict(OTHERS), asdict(voted)])).others == (OTHERS, voted)
    assert read_manifest(write(tmp_path, others=...)).others == ()


def test_a_belief_survives_json_and_may_be_missing(tmp_path: Path) -> None:
    assert read_manifest(write(tmp_path, belief=believing())).belief == BELIEF
    assert read_manifest(write(tmp_path, belief=...)).belief is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"prompt_version": PROMPT_VERSION + 1},
            f"PROMPT_VERSION {PROMPT_VERSION + 1}, this code speaks {PROMPT_VERSION}",
        ),
        ({"name": ...}, "lacks 'name'"),
        ({"prompt_version": ...}, "lacks 'prompt_version'"),
        ({"prompt_style": "verse"}, "unusable 'prompt_style'"),
        ({"prompt_style": ["chat"]}, "unusable 'prompt_style'"),
        ({"parameters": "many"}, "unusable 'parameters'"),
        ({"training": {"tokens": 1}}, "unusable 'training'"),
        ({"calibration": [{"low": 0}]}, "unusable 'calibration'"),
        ({"parameters": True}, "unusable 'parameters'"),
        ({"context_length": -1}, "unusable 'context_length'"),
        ({"evaluation": []}, "unusable 'evaluation'"),
        ({"training": {"tokens": "1", "seconds": 1}}, "unusable 'training'"),
        ({"calibration": {}}, "unusable 'calibration'"),
        ({"tasks": "solve"}, "unusable 'tasks'"),
        ({"belief": []}, "unusable 'belief'"),
        ({"belief": {}}, "unusable 'belief'"),
        ({"belief": believing(prior=None)}, "unusable 'belief'"),
        ({"belief": believing(prior={"bias": 1.0})}, "unusable 'belief'"),
        ({"belief": believing(prior=asdict(BELIEF)["prior"] | {"bias": float("nan")})}, "unusable 'belief'"),
        ({"belief": believing(carry=1.5)}, "unusable 'belief'"),
        ({"belief": believing(ratios={"pass": 2.0})}, "unusable 'belief'"),
        ({"belief": believing(ratios=dict.fromkeys(Verdict, 0.0))}, "unusable 'belief'"),
        ({"belief": believing(ratios=7)}, "unusable 'belief'"),
        ({"others": {}}, "unusable 'others'"),
        ({"others": [{"slip": 0.5}]}, "unusable 'others'"),
        ({"others": [{**asdict(OTHERS), "calibration": []}]}, "unusable 'others'"),
        ({"others": [asdict(OTHERS) | {"slip": 0.0}]}, "unusable 'others'"),
        ({"others": [asdict(OTHERS) | {"votes": 0}]}, "unusable 'others'"),
        ({"files": {"a": 1}}, "unusable 'files'"),
    ],
)
def test_a_bad_manifest_is_refused_in_one_line(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(CheckpointError, match=said) as caught:
        read_manifest(write(tmp_path, **changes))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["{", "[]", "\ufeff{}", "[" * 100_000])
def test_a_manifest_that_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"manifest\.json"):
        read_manifest(tmp_path)


def test_a_missing_folder_and_a_missing_manifest_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such folder"):
        read_manifest(tmp_path / "gone")
    with pytest.raises(CheckpointError, match=r"no manifest\.json"):
        read_manifest(tmp_path)


def test_a_damaged_or_missing_file_is_named(tmp_path: Path) -> None:
    manifest = read_manifest(write(tmp_path))
    verify_files(tmp_path, manifest)
    (tmp_path / "weights").write_bytes(b"weighty")
    with pytest.raises(CheckpointError, match="weights is damaged"):
        verify_files(tmp_path, manifest)
    (tmp_path / "weights").unlink()
    with pytest.raises(CheckpointError, match="weights cannot be read"):
        verify_files(tmp_path, manifest)
