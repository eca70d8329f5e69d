"""A worse checkpoint never takes a better one's place unless its loss is accepted by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from models.checkpoint import complete
from models.export.install import DECISIVE, Change, StepBack, changes, decide, install
from workers.pipeline.errors import CheckpointError, InputError
from workers.pipeline.manifest import MANIFEST, read_manifest, verify_files

BUNDLED = Path(__file__).parents[3] / "models/checkpoints/nano"
LEVELS = dict.fromkeys(DECISIVE, 0.6)


def manifest(levels: Mapping[str, float], n: int = 400) -> dict[str, Any]:
    told = json.loads((BUNDLED / MANIFEST).read_text(encoding="utf-8"))
    evaluation: dict[str, Any] = {}
    for name, level in levels.items():
        suite, *path, last = DECISIVE[name]
        own = evaluation.setdefault(suite, {"candidates": 8})
        for key in path:
            own = own.setdefault(key, {})
        own[last] = {"mean": level, "low": level - 0.03, "high": level + 0.03, "n": n}
    return {**told, "evaluation": evaluation}


def folder(path: Path, levels: Mapping[str, float]) -> Path:
    path.mkdir(parents=True)
    (path / "model.safetensors").write_bytes(repr(sorted(levels.items())).encode())
    complete(path, {k: v for k, v in manifest(levels).items() if k != "files"})
    return path


@pytest.mark.parametrize("name", DECISIVE)
@pytest.mark.parametrize(("by", "verdict"), [(0.0, ""), (0.04, ""), (-0.04, ""), (0.05, "better"), (-0.05, "worse")])
def test_a_figure_is_better_or_worse_where_the_interval_of_the_difference_leaves_zero_out(
    name: str, by: float, verdict: str
) -> None:
    found = changes(manifest(LEVELS), manifest(LEVELS | {name: 0.6 + by}))
    assert {change.name: change.verdict for change in found} == dict.fromkeys(DECISIVE, "") | {name: verdict}


@pytest.mark.parametrize(
    ("verdicts", "accepted", "reason"),
    [
        ({"cruxeval": 0.2}, (), None),
        ({}, (), "better in nothing"),
        ({"cruxeval": 0.2, "pass@1": -0.2}, (), "clearly worse: pass@1"),
        ({"cruxeval": 0.2, "pass@1": -0.2}, ("pass@1",), None),
        ({"pass@1": -0.2}, ("pass@1",), "better in nothing"),
        ({"cruxeval": 0.2, "pass@1": -0.2, "repair": -0.2}, ("pass@1",), "clearly worse: repair"),
    ],
)
def test_a_step_back_is_refused(verdicts: dict[str, float], accepted: tuple[str, ...], reason: str | None) -> None:
    found = [Change(name, 0.5, 0.5 + verdicts.get(name, 0.0), 0.05) for name in DECISIVE]
    if reason is None:
        decide(found, accepted)
    else:
        with pytest.raises(StepBack, match=reason):
            decide(found, accepted)


def test_a_figure_that_one_lacks_is_no_proof() -> None:
    better = manifest({name: 0.9 for name in DECISIVE if name != "cruxeval"})
    found = changes(manifest(LEVELS), better)
    with pytest.raises(StepBack, match="not measured for both: cruxeval"):
        decide(found)
    decide(found, ["cruxeval"])


@pytest.mark.parametrize("key", ["prompt_version", "n", "candidates", "rounds", "resamples"])
def test_what_was_measured_otherwise_is_not_compared(key: str) -> None:
    other = manifest(LEVELS, n=399 if key == "n" else 400)
    if key == "prompt_version":
        other[key] = 0
    if key in ("candidates", "rounds", "resamples"):
        other["evaluation"]["problems"][key] = 16
    with pytest.raises(InputError):
        changes(manifest(LEVELS), other)


def test_figures_that_do_not_hang_on_the_number_of_candidates_are_compared_across_it() -> None:
    other = manifest(LEVELS | {"reworded": 0.9, "reworded-best@8": 0.1})
    other["evaluation"]["reworded"]["candidates"] = 16
    verdicts = {change.name: change.verdict for change in changes(manifest(LEVELS), other)}
    assert verdicts == dict.fromkeys(DECISIVE, "") | {"reworded": "better", "reworded-best@8": "worse"}


def test_the_better_one_takes_the_place_whole_and_a_refused_one_leaves_it(tmp_path: Path) -> None:
    old, worse = folder(tmp_path / "nano", LEVELS), folder(tmp_path / "worse", LEVELS | {"repair": 0.1})
    before = (old / MANIFEST).read_bytes()
    with pytest.raises(StepBack):
        install(worse, old)
    assert (old / MANIFEST).read_bytes() == before
    better = folder(tmp_path / "better", LEVELS | {"repair": 0.9})
    install(better, old)
    assert (old / MANIFEST).read_bytes() == (better / MANIFEST).read_bytes()
    verify_files(old, read_manifest(old))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["better", "nano", "worse"]


def moves(monkeypatch: pytest.MonkeyPatch, allowed: int) -> None:
    """Only so many renames are done before the process is killed."""
    real, done = Path.rename, list[Path]()

    def rename(self: Path, target: Path) -> Path:
        if len(done) == allowed:
            raise KeyboardInterrupt
        done.append(self)
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)


@pytest.mark.parametrize("allowed", [0, 1])
def test_killed_at_either_move_the_old_one_is_there_and_compared_by_the_next_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: int
) -> None:
    old, worse = folder(tmp_path / "nano", LEVELS), folder(tmp_path / "worse", LEVELS | {"repair": 0.1})
    better, before = folder(tmp_path / "better", LEVELS | {"repair": 0.9}), (tmp_path / "nano" / MANIFEST).read_bytes()
    with monkeypatch.context() as patch:
        moves(patch, allowed)
        with pytest.raises(KeyboardInterrupt):
            install(better, old)
    assert old.exists() is (allowed == 0)
    with pytest.raises(StepBack):  # and does not take an empty place
        install(worse, old)
    assert (old / MANIFEST).read_bytes() == before
    assert install(better, old)
    assert (old / MANIFEST).read_bytes() == (better / MANIFEST).read_bytes()
    verify_files(old, read_manifest(old))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["better", "nano", "worse"]


def test_a_damaged_one_is_refused(tmp_path: Path) -> None:
    made = folder(tmp_path / "made", LEVELS)
    (made / "model.safetensors").write_bytes(b"other")
    with pytest.raises(CheckpointError):
        install(made, tmp_path / "nano")
    assert not (tmp_path / "nano").exists()
