"""`python -m models.pretrain.prepare --config X.toml --out FOLDER`: token shards for the nano model, manifest last.

A shard depends only on the configuration and its number, so shards can be made in any order, by any number of
processes, and a broken-off build goes on where it stopped.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import multiprocessing
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models import config as configs
from models.config import DatasetConfig, digest
from models.dataset.decontaminate import Decontaminator
from models.dataset.folder import MANIFEST, sweep, write, write_text
from models.dataset.stream import stream
from models.pretrain import tokenizer as tokenizers_
from models.pretrain.shards import claim, data_hash, shard_path
from models.trace.limits import hash_seed, limit_child
from models.training.command import ended
from workers.pipeline.errors import InputError
from workers.pipeline.prompts import PROMPT_VERSION, tagged

_OUTCOME = re.compile("|".join(map(re.escape, (tagged.OUTPUT, tagged.PRINTED, tagged.RAISES, tagged.ENDLESS))))
SAMPLE = 20_000
"""Records whose programs and statements decide the vocabulary."""
HOPELESS = 500
"""Records in a row that are too long, after which none is expected that is not."""


def vocabulary_texts(config: DatasetConfig) -> Iterator[str]:
    """Programs and statements without any value of an input or output; prose too, where that is what is told.

    The values in it stand in quotes or are single digits, which the tokenizer spells out whatever it is made from.
    """
    source = stream(config, f"{config.seed}:vocabulary", Decontaminator.load(), Counter())
    for _, record in zip(range(min(SAMPLE, config.records)), source, strict=False):
        if record.task == "solve":
            yield record.prompt
            yield record.completion
        elif record.task == "predict":
            yield record.prompt.split("<|input|>")[0]
            if config.told == "prose":
                yield _OUTCOME.split(record.completion)[0]


def _vocabulary(config: DatasetConfig) -> str:
    """The tokenizer's JSON. Runs in a child process with limits, since it runs programs."""
    return tokenizers_.build(vocabulary_texts(config), config.vocab_size).to_str()


def _shard(job: tuple[DatasetConfig, int, str, str]) -> dict[str, int]:
    """Make one shard file; returns its counts. Runs in a child process with limits.

    Raises InputError where no record is short enough.
    """
    config, number, folder, vocabulary = job
    path = shard_path(Path(folder), number)
    counts_path = path.with_suffix(".json")
    if counts_path.exists():
        return dict(json.loads(counts_path.read_text()))
    limit_child()
    tokenizer = Tokenizer.from_str(vocabulary)
    counts: Counter[str] = Counter()
    ids: list[NDArray[np.uint16]] = []
    spans: list[tuple[int, int]] = []
    wanted = min(config.shard_records, config.records - number * config.shard_records)
    for record in stream(config, f"{config.seed}:{number}", Decontaminator.load(), counts):
        prompt = tokenizer.encode(record.prompt).ids
        completion = tokenizer.encode(record.completion).ids
        if len(prompt) + len(completion) > config.max_tokens:
            counts["too long"] += 1
            if not spans and counts["too long"] == HOPELESS:
                raise InputError(f"[dataset] max_tokens {config.max_tokens}: the first {HOPELESS} records are longer")
            continue
        counts[f"kept {record.task}"] += 1
        counts["tokens"] += len(prompt) + len(completion)
        ids.append(np.array(prompt + completion, dtype=np.uint16))
        spans.append((len(prompt), len(prompt) + len(completion)))
        if len(spans) == wanted:
            break
    write(path, lambda at: _save(at, np.concatenate(ids), np.array(spans, dtype=np.int32)))
    write_text(counts_path, json.dumps(counts))  # last: a shard with counts is whole
    return dict(counts)


def _save(path: Path, ids: NDArray[np.uint16], spans: NDArray[np.int32]) -> None:
    with path.open("wb") as file:  # given a name, numpy would add a suffix
        np.savez(file, ids=ids, spans=spans)


def shards(config: DatasetConfig) -> int:
    """How many shards the records of a configuration fill."""
    return -(-config.records // config.shard_records)


def begin(config: DatasetConfig, folder: Path) -> str:
    """Claim `folder` and write tokenizer.json, if it is not there: one process, a minute or more. Returns its text.

    Raises InputError if the folder holds data of another configuration or PROMPT_VERSION.
    """
    claim(folder, config)
    path = folder / "tokenizer.json"
    if not path.exists():
        with hash_seed(), multiprocessing.get_context("spawn").Pool(1, limit_child) as pool:
            write_text(path, pool.apply(_vocabulary, (config,)))
    return path.read_text()


def build(config: DatasetConfig, folder: Path, processes: int) -> dict[str, object]:
    """Write `folder`: tokenizer.json, shards, manifest.json. Returns the manifest.

    Raises InputError if the folder holds data of another configuration or PROMPT_VERSION.
    """
    vocabulary = begin(config, folder)
    manifest_path = folder / MANIFEST
    if manifest_path.exists():
        done: dict[str, object] = json.loads(manifest_path.read_text())
        return done
    jobs = [(config, number, str(folder), vocabulary) for number in range(shards(config))]
    total: Counter[str] = Counter()
    with hash_seed(), multiprocessing.get_context("spawn").Pool(processes, maxtasksperchild=1) as pool:
        for number, counts in enumerate(pool.imap(_shard, jobs), 1):
            total.update(counts)
            print(f"shard {number} of {len(jobs)}, {total['tokens'] / 1e6:.1f} M tokens", flush=True)
    manifest: dict[str, object] = {
        "config": dataclasses.asdict(config), "config_hash": digest(config), "data_hash": data_hash(folder, len(jobs)),
        "prompt_version": PROMPT_VERSION, "shards": len(jobs), "counts": dict(sorted(total.items())),
    }  # fmt: skip
    sweep(folder)
    write_text(manifest_path, json.dumps(manifest, indent=1))
    return manifest


def main() -> None:
    """Make the token shards of a configuration; goes on where an earlier call was stopped."""
    parser = argparse.ArgumentParser(prog="python -m models.pretrain.prepare", description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for shards and tokenizer.json")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--vocabulary", action="store_true", help="make tokenizer.json alone: shards wait for it")
    args = parser.parse_args()
    with ended("stopped; the same call goes on where it was"):
        if args.processes < 1:
            raise InputError(f"--processes must be at least 1, not {args.processes}")
        dataset = configs.load(args.config).dataset
        if args.vocabulary:
            begin(dataset, args.out)
        else:
            print(build(dataset, args.out, args.processes)["counts"])


if __name__ == "__main__":
    main()
