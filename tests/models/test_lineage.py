"""What a folder of weights says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import lineage
from models.checkpoint import MANIFEST
from workers.pipeline.errors import CheckpointError, InputError
from workers.pipeline.prompts import PROMPT_VERSION


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


def test_another_prompt_version_is_refused_and_none_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lineage.version({"prompt_version": PROMPT_VERSION}, tmp_path) == PROMPT_VERSION
    assert capsys.readouterr().out == ""
    assert lineage.version({}, tmp_path) == PROMPT_VERSION
    assert f"names no PROMPT_VERSION: taken as {PROMPT_VERSION}" in capsys.readouterr().out
    for other in (PROMPT_VERSION - 1, PROMPT_VERSION + 1, str(PROMPT_VERSION)):
        with pytest.raises(InputError, match=f"of PROMPT_VERSION {other}, this code speaks {PROMPT_VERSION}"):
            lineage.version({"prompt_version": other}, tmp_path)
