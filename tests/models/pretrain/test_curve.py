"""The training curves: drawn from a run's log, refused where there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="the trainer's environment")

from models.pretrain.curve import plot, read
from workers.pipeline.errors import InputError


def test_a_log_becomes_a_picture(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    rows = [{"step": n, "tokens": 1000 * n, "loss": 1 / n, "rate": 1.0} for n in range(1, 9)]
    rows.append({"step": 8, "tokens": 8000, "validation": 0.2})  # type: ignore[dict-item]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    plot(read(log), tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("text", [None, "no json\n", ""])
def test_what_is_no_log_is_refused(tmp_path: Path, text: str | None) -> None:
    log = tmp_path / "log.jsonl"
    if text is not None:
        log.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        plot(read(log), tmp_path / "curve.png")


def test_a_line_that_the_run_was_killed_in_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text('{"step": 1}\n{"step": 2, "lo', encoding="utf-8")
    assert read(tmp_path / "log.jsonl") == [{"step": 1}]
