"""Draws records, turns them into tokens and writes them as shards; the manifest comes last.

A shard depends only on the configuration and its number, so shards can be made in any order, by any number of
processes, and a broken-off build goes on where it stopped.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
from tokenizers import Tokenizer

from models.config import DatasetConfig, digest
from models.dataset import freeze, records
from models.dataset import tokenizer as tokenizers_
from models.trace.limits import limit_child
from workers.pipeline.prompts import PROMPT_VERSION

SAMPLE = 20_000
"""Records whose programs and statements decide the vocabulary."""


def stream(
    config: DatasetConfig, seed: str, forbidden: frozenset[str], dropped: Counter[str]
) -> Iterator[records.Record]:
    """Endless records; what is dropped is counted by reason."""
    rng = Random(seed)
    while True:
        try:
            record, key = records.draw(config, rng)
        except records.Dropped as reason:
            dropped[str(reason)] += 1
            continue
        if key in forbidden:
            dropped["equal to a frozen program"] += 1
            continue
        yield record


def vocabulary_texts(config: DatasetConfig) -> Iterator[str]:
    """Programs and statements without any value of an input or output."""
    source = stream(config, f"{config.seed}:vocabulary", frozenset(), Counter())
    for _, record in zip(range(min(SAMPLE, config.records)), source, strict=False):
        if record.task == "solve":
            yield record.prompt
            yield record.completion
        elif record.task == "predict":
            yield record.prompt.split("<|input|>")[0]


def _shard(job: tuple[DatasetConfig, int, str, str]) -> dict[str, int]:
    """Make one shard file; returns its counts. Runs in a child process with limits."""
    config, number, folder, vocabulary = job
    path = Path(folder) / f"shard-{number:05d}.npz"
    counts_path = path.with_suffix(".json")
    if counts_path.exists():
        return dict(json.loads(counts_path.read_text()))
    limit_child()
    tokenizer = Tokenizer.from_str(vocabulary)
    counts: Counter[str] = Counter()
    ids: list[np.ndarray] = []
    spans: list[tuple[int, int]] = []
    wanted = min(config.shard_records, config.records - number * config.shard_records)
    for record in stream(config, f"{config.seed}:{number}", freeze.keys(), counts):
        prompt = tokenizer.encode(record.prompt).ids
        completion = tokenizer.encode(record.completion).ids
        if len(prompt) + len(completion) > config.max_tokens:
            counts["too long"] += 1
            continue
        counts[f"kept {record.task}"] += 1
        counts["tokens"] += len(prompt) + len(completion)
        ids.append(np.array(prompt + completion, dtype=np.uint16))
        spans.append((len(prompt), len(prompt) + len(completion)))
        if len(spans) == wanted:
            break
    temporary = path.with_name(f".{path.name}")
    with temporary.open("wb") as file:
        np.savez(file, ids=np.concatenate(ids), spans=np.array(spans, dtype=np.int32))
    os.replace(temporary, path)
    counts_path.write_text(json.dumps(counts))
    return dict(counts)


def build(config: DatasetConfig, folder: Path, processes: int) -> dict[str, object]:
    """Write `folder`: tokenizer.json, shards, manifest.json. Returns the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest_path = folder / "manifest.json"
    if manifest_path.exists():
        manifest: dict[str, object] = json.loads(manifest_path.read_text())
        if manifest["config_hash"] == digest(config):
            return manifest
        raise records.Dropped(f"{folder} holds data of another configuration")
    tokenizer_path = folder / "tokenizer.json"
    if not tokenizer_path.exists():
        tokenizer_path.write_text(tokenizers_.build(vocabulary_texts(config), config.vocab_size).to_str())
    vocabulary = tokenizer_path.read_text()
    shards = -(-config.records // config.shard_records)
    jobs = [(config, number, str(folder), vocabulary) for number in range(shards)]
    total: Counter[str] = Counter()
    with multiprocessing.get_context("spawn").Pool(processes, maxtasksperchild=1) as pool:
        for done, counts in enumerate(pool.imap(_shard, jobs), 1):
            total.update(counts)
            print(f"shard {done} of {shards}, {total['tokens'] / 1e6:.1f} M tokens", flush=True)
    hashes = hashlib.sha256("".join(_digest(folder / f"shard-{n:05d}.npz") for n in range(shards)).encode())
    manifest = {
        "config": dataclasses.asdict(config), "config_hash": digest(config), "data_hash": hashes.hexdigest(),
        "prompt_version": PROMPT_VERSION, "shards": shards, "counts": dict(sorted(total.items())),
    }  # fmt: skip
    manifest_path.write_text(json.dumps(manifest, indent=1))
    return manifest


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
