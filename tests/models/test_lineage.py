"""What a folder of weights says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import lineage
from models.checkpoint import MANIFEST
from workers.pipeline.errors import CheckpointError


def test_a_folder_is_asked_by_its_manifest_then_by_its_run(tmp_path: Path) -> None:
    assert lineage.said(tmp_path) == {}
    (tmp_path / lineage.RUN).write_text('{"name": "run"}')
    assert lineage.said(tmp_path) == {"name": "run"}
    (tmp_path / MANIFEST).write_text('{"name": "checkpoint"}')
    assert lineage.said(tmp_path) == {"name": "checkpoint"}


@pytest.mark.parametrize("name", [MANIFEST, lineage.RUN])
@pytest.mark.parametrize("text", ["", "{", "3", "[1]", '"a"'])
def test_what_cannot_be_read_is_one_typed_error(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(CheckpointError, match=name):
        lineage.said(tmp_path)
