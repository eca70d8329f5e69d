"""A data folder and a configuration small enough to train in a second: completions that repeat their prompts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from models.config import DatasetConfig, ModelConfig, PretrainConfig, TrainerConfig, digest
from workers.pipeline.prompts import PROMPT_VERSION

VOCABULARY = 64
PROMPT, COMPLETION = 6, 6
DATASET = DatasetConfig(records=160, shard_records=80)


def make_data(folder: Path, records: int = 160, seed: int = 0, dataset: DatasetConfig = DATASET) -> Path:
    """Shards, manifest and a vocabulary; every record has the same length. The folder claims to be of `dataset`."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    prompts = np.tile(rng.integers(8, 16, (records, 1)), (1, PROMPT))
    ids = np.concatenate([prompts, prompts[:, :COMPLETION]], axis=1).astype(np.uint16)
    spans = np.tile([PROMPT, PROMPT + COMPLETION], (records, 1)).astype(np.int32)
    half = records // 2
    for number, part in enumerate((slice(None, half), slice(half, None))):
        np.savez(folder / f"shard-{number:05d}.npz", ids=ids[part].ravel(), spans=spans[part])
        (folder / f"shard-{number:05d}.json").write_text("{}")
    claim = {"config_hash": digest(dataset), "prompt_version": PROMPT_VERSION}
    (folder / "manifest.json").write_text(json.dumps({"shards": 2, "data_hash": "0" * 64, **claim}))
    vocabulary = {str(n): n for n in range(VOCABULARY)}
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocabulary}}))
    return folder


def make_config(tokens: int = 6000, **changes: object) -> TrainerConfig:
    """A model of two narrow layers; `changes` go to the training section."""
    model = ModelConfig(hidden=32, layers=2, heads=2, intermediate=64, context=128)
    settings: dict[str, object] = {
        "tokens": tokens, "batch_tokens": 8 * 96, "lr": 0.01, "warmup_steps": 4, "log_steps": 5,
        "save_seconds": 1e9, "validation_records": 16, "short_first": 0.1,
    }  # fmt: skip
    return TrainerConfig("tiny", dataset=DATASET, model=model, pretrain=PretrainConfig(**(settings | changes)))  # type: ignore[arg-type]
