"""Data that is made meanwhile is the data that would have been made beforehand, and its maker ends with the run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from models.config import DatasetConfig
from models.pretrain import data, prepare
from models.pretrain.feed import Chunks
from models.pretrain.making import making

ROOT = Path(__file__).parents[3]

def test_data_made_meanwhile_is_the_data_made_beforehand(tmp_path: Path) -> None:
    config = DatasetConfig(seed=3, records=60, shard_records=30, vocab_size=400, max_tokens=200)
    prepare.build(config, tmp_path / "before", 1)
    with making(config, tmp_path / "meanwhile", 1) as coming:
        shards = Chunks(tmp_path / "meanwhile", prepare.shards(config), coming)
        for number in range(2):
            made, known = shards.get(number), data.load(tmp_path / "before", number)
            assert made.ids.tolist() == known.ids.tolist()
            assert made.starts.tolist() == known.starts.tolist()
    assert (tmp_path / "meanwhile/tokenizer.json").exists()
    assert not coming()


CONFIG = """name = "t"
[dataset]
seed = 1
records = 120
shard_records = 60
vocab_size = 400
max_tokens = 200
[model]
hidden = 32
layers = 1
heads = 1
intermediate = 64
context = 256
[pretrain]
tokens = 9000
batch_tokens = 1024
log_steps = 2
validation_records = 8
"""


def test_a_run_whose_data_is_made_meanwhile_waits_for_it_and_says_how_long(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text(CONFIG, encoding="utf-8")
    options = ["--config", "t.toml", "--data", "data", "--out", "run"]
    command = [sys.executable, "-m", "models.pretrain", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    refused = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "--workers" in refused.stderr
    subprocess.run([*command, "--workers", "1"], cwd=tmp_path, env=environment, check=True, timeout=300)
    lines = [json.loads(line) for line in (tmp_path / "run/log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(0 <= line["waiting"] < 1 for line in lines if "loss" in line)
    assert lines[-1]["tokens"] >= 9000
    assert (tmp_path / "run/state.pt").exists()


def test_the_processes_that_make_data_do_without_torch() -> None:
    code = "import sys, models.pretrain.__main__, models.pretrain.making; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
