"""The folder of a run is that of one run, in one version of the prompts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.training.result import CLAIM, claim, claimed
from workers.pipeline.errors import InputError
from workers.pipeline.prompts import PROMPT_VERSION

TOLD = {"name": "t", "sizes": (1, 2), "steps": None}


def test_a_folder_is_claimed_once_and_known_again(tmp_path: Path) -> None:
    out = tmp_path / "a/b"
    assert claimed(out) is None
    claim(out, TOLD)
    before = (out / CLAIM).stat().st_mtime_ns
    claim(out, TOLD)
    assert (out / CLAIM).stat().st_mtime_ns == before
    assert claimed(out) == {"name": "t", "sizes": [1, 2], "steps": None, "prompt_version": PROMPT_VERSION}
    with pytest.raises(InputError, match="another configuration, model or data"):
        claim(out, TOLD | {"steps": 3})
    assert [path.name for path in out.iterdir()] == [CLAIM]


def test_a_run_in_another_prompt_version_is_refused(tmp_path: Path) -> None:
    claim(tmp_path, TOLD)
    text = (tmp_path / CLAIM).read_text()
    (tmp_path / CLAIM).write_text(text.replace(f'"prompt_version": {PROMPT_VERSION}', '"prompt_version": 1'))
    with pytest.raises(InputError, match=rf"config\.json is of PROMPT_VERSION 1, this code speaks {PROMPT_VERSION}"):
        claim(tmp_path, TOLD)


def test_a_run_from_before_versions_were_recorded_is_known_again_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / CLAIM).write_text(json.dumps(TOLD, indent=1))
    claim(tmp_path, TOLD)
    assert f"config.json names no PROMPT_VERSION: taken as {PROMPT_VERSION}" in capsys.readouterr().out
    with pytest.raises(InputError, match="another configuration"):
        claim(tmp_path, TOLD | {"name": "u"})


@pytest.mark.parametrize("text", ["", "{", "3", "[1]"])
def test_a_claim_that_cannot_be_read_is_one_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / CLAIM).write_text(text)
    with pytest.raises(InputError, match=r"config\.json is damaged"):
        claim(tmp_path, TOLD)
