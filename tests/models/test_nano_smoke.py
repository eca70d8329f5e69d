"""`make nano-smoke`: the whole path of the trainer as a person walks it, from programs to an evaluated checkpoint."""

from __future__ import annotations

import subprocess

from tests.sources import ROOT
from workers.pipeline.manifest import read_manifest, verify_files

CHECKPOINT = ROOT / "runs" / "nano-smoke" / "checkpoint"
SECONDS = 240
"""It takes half a minute where the cores are free."""


def test_the_smoke_run_ends_in_a_checkpoint_that_can_be_served() -> None:
    walked = subprocess.run(
        ["make", "nano-smoke"], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS
    )
    assert walked.returncode == 0, walked.stdout[-2000:] + walked.stderr[-4000:]
    manifest = read_manifest(CHECKPOINT)
    verify_files(CHECKPOINT, manifest)
    assert manifest.config == "nano-smoke.toml"
    assert manifest.training["tokens"] > 0
    assert {"programs", "problems"} <= manifest.evaluation.keys()
    assert manifest.calibration
