"""The log of a run survives a kill."""

from __future__ import annotations

import json
from pathlib import Path

from models.training.log import append, rewind


def test_a_run_that_goes_on_rewinds_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    rewind(log, 3)
    assert not log.exists()
    for step in range(1, 6):
        append(log, step, [{"task": "predict"}, {"loss": 1.0}])
    with log.open("a") as file:
        file.write('{"step": 6, "ta')
    rewind(log, 3)
    assert [json.loads(line)["step"] for line in log.read_text().splitlines()] == [1, 1, 2, 2, 3, 3]
