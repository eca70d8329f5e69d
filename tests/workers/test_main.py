"""The worker process at its start: it refuses what it cannot use in one line, and waits for Redis."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.service.processes import ROOT
from workers.pipeline.prompts import PROMPT_VERSION


def start(**variables: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DESKCHECK_", "REDIS_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "workers.main"],
        cwd=ROOT,
        env=environment | variables,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "DESKCHECK_CHECKPOINT"),
        ({"DESKCHECK_CHECKPOINT": "/nowhere"}, "/nowhere"),
        ({"DESKCHECK_CHECKPOINT": "VERSION"}, "PROMPT_VERSION"),
        ({"DESKCHECK_MODEL": "m", "DESKCHECK_ENGINE_URL": "ftp://x"}, "ftp://x"),
        ({"DESKCHECK_SOLVE_WORKERS": "many"}, "solve_workers"),
    ],
)
def test_what_it_cannot_use_is_refused_at_the_start(variables: dict[str, str], said: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"prompt_version": PROMPT_VERSION + 1}))
    variables = {name: str(tmp_path) if value == "VERSION" else value for name, value in variables.items()}
    with start(**variables) as process:
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert said in errors
    assert "Traceback" not in errors


def test_it_waits_for_redis_and_stops_when_told() -> None:
    with start(DESKCHECK_MODEL="m", REDIS_URL="unix:///nowhere/redis.sock") as process:
        assert process.stderr is not None
        while "waiting for Redis" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        before = time.monotonic()
        process.communicate(timeout=10)
    assert process.returncode == 0
    assert time.monotonic() - before < 5
