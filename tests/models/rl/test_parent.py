"""What a run takes over from the checkpoint it starts from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models.rl import parent
from models.rl.config import PoolConfig, RlConfig, TaskConfig, TrainConfig
from tests.tiny import make_tiny_checkpoint, write_manifest
from workers.pipeline.errors import InputError

CONFIG = RlConfig(
    "t", (TaskConfig("predict"),), pool=PoolConfig(low=0.1), train=TrainConfig(prompt_tokens=64, new_tokens=64)
)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parent") / "tiny"
    make_tiny_checkpoint(folder)
    return folder


@pytest.mark.parametrize(("style", "workings"), [("compact", "plain"), ("spelled", "spelled")])
def test_rows_are_told_as_the_parent_tells(checkpoint: Path, style: str, workings: str) -> None:
    write_manifest(checkpoint, 1, narrative_style=style)
    resolved = parent.resolved(CONFIG, checkpoint)
    assert resolved == replace(CONFIG, pool=replace(CONFIG.pool, workings=workings))
    parent.load(resolved, checkpoint)
    assert parent.resolved(resolved, checkpoint) == resolved


@pytest.mark.parametrize(("style", "workings"), [("spelled", "plain"), ("compact", "spelled"), ("direct", "plain")])
def test_rows_told_otherwise_are_not_judged(checkpoint: Path, style: str, workings: str) -> None:
    write_manifest(checkpoint, 1, narrative_style=style)
    asked = replace(CONFIG, pool=replace(CONFIG.pool, workings=workings))
    assert parent.resolved(asked, checkpoint) == asked
    with pytest.raises(InputError, match=f"tells {style} narratives"):
        parent.load(asked, checkpoint)
    parent.load(replace(asked, pool=replace(asked.pool, low=0.0)), checkpoint)


def test_a_folder_without_a_manifest_leaves_rows_plain(tmp_path: Path) -> None:
    assert parent.resolved(CONFIG, tmp_path).pool.workings == "plain"
