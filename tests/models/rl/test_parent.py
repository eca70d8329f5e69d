"""What a run takes over from the checkpoint it starts from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from models.lineage import RUN
from models.rl import parent
from models.rl.config import PoolConfig, RlConfig, TaskConfig, TrainConfig
from tests.tiny import make_tiny_checkpoint, write_manifest
from workers.pipeline.errors import InputError
from workers.pipeline.prompts import PROMPT_VERSION

CONFIG = RlConfig(
    "t", (TaskConfig("predict"),), pool=PoolConfig(low=0.1), train=TrainConfig(prompt_tokens=64, new_tokens=64)
)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parent") / "tiny"
    make_tiny_checkpoint(folder)
    return folder


@pytest.mark.parametrize(("style", "workings"), [("compact", "plain"), ("spelled", "spelled"), ("stepped", "stepped")])
def test_rows_are_told_as_the_parent_tells(checkpoint: Path, style: str, workings: str) -> None:
    write_manifest(checkpoint, 1, narrative_style=style)
    resolved = parent.resolved(CONFIG, checkpoint)
    assert resolved == replace(CONFIG, pool=replace(CONFIG.pool, workings=workings))
    parent.load(resolved, checkpoint)
    assert parent.resolved(resolved, checkpoint) == resolved


@pytest.mark.parametrize(("style", "workings"), [("spelled", "plain"), ("compact", "stepped"), ("direct", "plain")])
def test_rows_told_otherwise_are_not_judged(checkpoint: Path, style: str, workings: str) -> None:
    write_manifest(checkpoint, 1, narrative_style=style)
    asked = replace(CONFIG, pool=replace(CONFIG.pool, workings=workings))
    assert parent.resolved(asked, checkpoint) == asked
    with pytest.raises(InputError, match=f"tells {style} narratives"):
        parent.load(asked, checkpoint)
    parent.load(replace(asked, pool=replace(asked.pool, low=0.0)), checkpoint)


def test_a_folder_without_a_manifest_leaves_rows_plain(tmp_path: Path) -> None:
    assert parent.resolved(CONFIG, tmp_path).pool.workings == "plain"


def judged(data: Path, manifest: dict[str, object], low: float = 0.1) -> RlConfig:
    """A run that judges the rows of a data set with this manifest."""
    (data / "manifest.json").write_text(json.dumps(manifest))
    return replace(CONFIG, pool=PoolConfig(low=low, data=str(data)))


OLDER: dict[str, object] = {"config": {"narrative": "compact"}}
"""Made before narratives were counted."""


@pytest.mark.parametrize(
    ("style", "manifest", "others"),
    [
        ("compact", {"narratives": {"spelled": 9}}, "spelled"),
        ("spelled", {"narratives": {"compact": 9}}, "compact"),
        ("spelled", OLDER, "compact"),
        ("direct", {"narratives": {"compact": 9}}, "compact"),
    ],
)
def test_own_rows_are_told_as_the_parent_tells_or_not_judged(
    checkpoint: Path, tmp_path: Path, style: str, manifest: dict[str, object], others: str
) -> None:
    write_manifest(checkpoint, 1, narrative_style=style)
    asked = parent.resolved(judged(tmp_path, manifest), checkpoint)
    with pytest.raises(InputError, match=f"tells {style} narratives, the rows that low and high judge {others} ones$"):
        parent.load(asked, checkpoint)
    parent.load(replace(asked, pool=replace(asked.pool, low=0.0)), checkpoint)
    write_manifest(checkpoint, 1, narrative_style=others)
    parent.load(asked, checkpoint)


def test_what_tells_nothing_is_not_compared(checkpoint: Path, tmp_path: Path) -> None:
    """Data without narratives of the project's own, and data that a run with its rows no longer has."""
    write_manifest(checkpoint, 1, narrative_style="spelled")
    parent.load(judged(tmp_path, {"narratives": {"explained": 3}}), checkpoint)
    parent.load(replace(CONFIG, pool=PoolConfig(low=0.1, data=str(tmp_path / "gone"))), checkpoint)
    with pytest.raises(InputError, match=r"manifest\.json is not that of a data set"):
        parent.load(judged(tmp_path, {}), checkpoint)


def test_the_result_of_a_run_is_asked_as_a_checkpoint_is(tmp_path: Path) -> None:
    result = make_tiny_checkpoint(tmp_path / "model")
    (result / "manifest.json").rename(result / RUN)
    (result / RUN).write_text(json.dumps(json.loads((result / RUN).read_text()) | {"narrative_style": "spelled"}))
    assert parent.resolved(CONFIG, result).pool.workings == "spelled"
    with pytest.raises(InputError, match="tells spelled narratives"):
        parent.load(judged(tmp_path, {"narratives": {"compact": 9}}), result)


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ({"prompt_style": "chat"}, "speaks chat, the configuration tagged"),
        ({"prompt_version": PROMPT_VERSION - 1}, f"speaks PROMPT_VERSION {PROMPT_VERSION - 1}, this code speaks"),
    ],
)
def test_a_result_that_was_taught_other_prompts_is_refused(tmp_path: Path, says: dict[str, str], reason: str) -> None:
    """Its tokenizer would do: the tiny one has both the tags and a chat template."""
    result = make_tiny_checkpoint(tmp_path / "model")
    said = json.loads((result / "manifest.json").read_text())
    (result / "manifest.json").unlink()
    plain = replace(CONFIG, pool=PoolConfig())
    (result / RUN).write_text(json.dumps(said))
    parent.load(plain, result)
    (result / RUN).write_text(json.dumps(said | says))
    with pytest.raises(InputError, match=reason):
        parent.load(plain, result)
