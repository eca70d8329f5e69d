"""What a run is described by: everything that its figures depend on, and when two descriptions are alike."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from models.dataset.folder import sha256
from models.eval import describe, options, suites
from tests.tiny import make_tiny_checkpoint
from workers.pipeline.config import PipelineConfig
from workers.pipeline.manifest import read_manifest


def test_all_that_figures_depend_on_is_told_in_json(tmp_path: Path) -> None:
    folder = make_tiny_checkpoint(tmp_path / "tiny")
    manifest = read_manifest(folder)
    args = options.parser().parse_args(["--checkpoint", str(folder), "--samples", "5", "--limit", "3"])
    told = describe.about(args, PipelineConfig(seed=7), manifest, "m", ["programs"])
    assert told == json.loads(json.dumps(told))
    assert {field.name for field in fields(PipelineConfig)} <= set(told)
    assert (told["seed"], told["samples"], told["limit"], told["model"]) == (7, 5, 3, "m")
    assert told["files"]["model.safetensors"] == told["weights"] == sha256(folder / "model.safetensors")
    assert told["data"]["programs"]["sha256"] == sha256(suites.find("programs", None))
    assert told["prompt_version"] == manifest.prompt_version


def test_what_is_fitted_anew_is_not_what_the_manifest_held(tmp_path: Path) -> None:
    folder = make_tiny_checkpoint(tmp_path / "tiny")
    args = options.parser().parse_args(["--checkpoint", str(folder), "--write"])
    told = describe.about(args, PipelineConfig(), read_manifest(folder), "m", [])
    assert told["calibration"] == told["belief"] == told["others"] == describe.FITTED
    assert describe.calibrated(told)
    args = options.parser().parse_args(["--checkpoint", str(folder), "--fit-only", "others"])
    told = describe.about(args, PipelineConfig(), read_manifest(folder), "m", [])
    assert (told["calibration"], told["others"], told["belief"]) == ([], describe.FITTED, None)


def test_a_model_behind_a_url_alone_is_told_to_be_uncalibrated() -> None:
    args = options.parser().parse_args(["--url", "http://a", "--context", "100"])
    told = describe.about(args, PipelineConfig(), None, "m", [])
    assert not describe.calibrated(told)
    assert (told["prompt_style"], told["context_length"], told["checkpoint"]) == ("chat", 100, None)


@pytest.mark.parametrize(
    ("there", "here", "said"),
    [
        ({"seed": 0}, {"seed": 0}, []),
        ({"seed": 0}, {"seed": 1}, ["seed was 0 and is 1"]),
        ({}, {"seed": None}, ["seed was not told and is null"]),
        ({"old": 1}, {}, ["old was 1 and is not told"]),
        ({"data": {"a": 1}}, {"data": {"b": 1}}, []),
        ({"data": {"a": 1}}, {"data": {"a": 2}}, ["data a was 1 and is 2"]),
        ({"files": {"a": 1}}, {"files": {"b": 1}}, ["files b was not told and is 1", "files a was 1 and is not told"]),
        ({"x": (1, 2)}, {"x": [1, 2]}, []),
    ],
)
def test_differences_are_said_in_words(there: dict[str, object], here: dict[str, object], said: list[str]) -> None:
    assert describe.differences(there, here) == said
