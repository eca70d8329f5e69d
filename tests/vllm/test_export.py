"""What training stages export is served by both engines, and both tell the same from the same rounded weights."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.sources import ROOT
from tests.vllm.agreement import assert_agreement
from tests.vllm.servers import engine_server, vllm_server
from workers.pipeline.manifest import read_manifest, verify_files

pytestmark = pytest.mark.vllm

TRAIN_PYTHON = ROOT / ".venv-train" / "bin" / "python"
BUNDLED = ROOT / "models" / "checkpoints" / "nano"
DATA = """name = "few"
rows = 40
parts = 1
validation = 0.1
test = 0.0
workings = "stepped"
[[source]]
kind = "drill"
"""
SFT = f"""name = "tuned"
model = "{BUNDLED}"
[train]
steps = 2
batch = 8
max_tokens = 320
lr = 1e-4
warmup_steps = 1
save_steps = 2
validation_records = 0
"""
RL = """name = "reinforced"
[pool]
rows = 16
hidden = 4
[train]
steps = 1
prompts = 4
group = 8
micro = 8
lr = 1e-4
new_tokens = 128
prompt_tokens = 384
save_steps = 1
warmup_steps = 0
temperature = 1.5
[[task]]
kind = "solve"
"""


def stage(name: str, *options: str | Path) -> None:
    """`python -m models.NAME` in the trainer's environment, on one thread."""
    command = [str(part) for part in (TRAIN_PYTHON, "-m", f"models.{name}", *options)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def fine_tuned(folder: Path) -> None:
    """A run of two steps on drills."""
    (folder / "data.toml").write_text(DATA)
    (folder / "sft.toml").write_text(SFT)
    stage("dataset", "--config", folder / "data.toml", "--out", folder / "data", "--processes", "1")
    stage("sft", "--config", folder / "sft.toml", "--data", folder / "data", "--out", folder / "run")


def reinforced(folder: Path) -> None:
    """A run of one step of writing programs."""
    (folder / "rl.toml").write_text(RL)
    stage("rl", "--config", folder / "rl.toml", "--checkpoint", BUNDLED, "--out", folder / "run")


@pytest.mark.anyio
@pytest.mark.parametrize("train", [fine_tuned, reinforced])
async def test_both_engines_serve_what_a_stage_exported(train: Callable[[Path], None], tmp_path: Path) -> None:
    train(tmp_path)
    checkpoint = tmp_path / "checkpoint"
    stage("export", "--run", tmp_path / "run", "--out", checkpoint)
    manifest = read_manifest(checkpoint)
    verify_files(checkpoint, manifest)
    assert manifest.name in ("tuned", "reinforced")
    before, after = (load_file(folder / "model.safetensors") for folder in (BUNDLED, checkpoint))
    assert any(not np.array_equal(value, after[name]) for name, value in before.items())
    with vllm_server(checkpoint, tmp_path) as vllm, engine_server(checkpoint, tmp_path) as engine:
        told = await assert_agreement(vllm, engine, manifest, "completions")
    assert len({one.completion.text for one in told}) > 10  # two engines that tell nothing would agree as well
