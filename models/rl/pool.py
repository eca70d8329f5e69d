"""The pool: the rows of a run, drawn once by a configuration and its seed, and kept beside the run as JSON lines.

Drawn in child processes with limits, in batches that depend on their number alone: how many cores there are changes
nothing. Predict rows may come from a data set folder instead, its training split.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from models.dataset import folder
from models.dataset.decontaminate import Decontaminator
from models.dataset.records import Dropped
from models.rl import drawing, rows
from models.rl.config import PoolConfig, RlConfig
from models.rl.episode import TaskName
from models.rl.rows import PredictRow, Row
from models.trace.limits import hash_seed, limit_child
from workers.pipeline.errors import DeskcheckError, InputError

BATCH = 64
"""Rows drawn by one call of a child."""
PATIENCE = 400
"""Drafts in a row that may fail before a task counts as exhausted."""
Entry = tuple[TaskName, Row]


class PoolFailed(DeskcheckError):
    """A task gives no rows."""


def load(config: RlConfig, path: Path) -> tuple[list[Entry], str]:
    """The rows at `path`, made there if there is no file yet, and their sha256. Raises InputError, PoolFailed."""
    if not path.exists():
        entries = make(config)
        folder.write_text(path, "".join(json.dumps(rows.dump(*entry), ensure_ascii=False) + "\n" for entry in entries))
    text = path.read_text(encoding="utf-8")
    entries = [rows.load(json.loads(line)) for line in text.splitlines()]
    return entries, hashlib.sha256(text.encode()).hexdigest()


def make(config: RlConfig) -> list[Entry]:
    """The rows of a configuration, tasks by their shares."""
    wanted = counts(config)
    out: list[Entry] = []
    if config.pool.data and (count := wanted.pop("predict", 0)):
        out += [("predict", row) for row in read(Path(config.pool.data), config.style, count, config.seed)]
    return out + _drawn(config, wanted)


def counts(config: RlConfig) -> dict[TaskName, int]:
    """Rows of each task: at least one, else by share."""
    total = sum(task.share for task in config.tasks)
    return {task.kind: max(1, round(config.pool.rows * task.share / total)) for task in config.tasks}  # type: ignore[misc]


def read(data: Path, style: str, count: int, seed: int) -> list[PredictRow]:
    """Predict rows of the training split of a finished data set. Raises InputError where it has too few."""
    from models.dataset import schema  # pyarrow is needed for this alone

    manifest = data / folder.MANIFEST
    if not manifest.exists():
        raise InputError(f"{data}: no finished data set (no {folder.MANIFEST})")
    files: Mapping[str, Mapping[str, Any]] = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    found: list[PredictRow] = []
    for name in sorted(files):
        if not name.startswith("data/train-"):
            continue
        if folder.sha256(data / name) != files[name]["sha256"]:
            raise InputError(f"{data / name} is damaged")
        found += [
            PredictRow(
                r["program"], r["io"], r["entry_point"], r["input"], r["output"], r["raises"], r["finishes"],
                r["correct"], _text(r["completion"]),
            )
            for r in schema.read(data / name).to_pylist()
            if r["task"] == "predict" and r["style"] == style
        ]  # fmt: skip
    if len(found) < count:
        raise InputError(f"{data} has {len(found)} predict rows of style {style} for training, {count} are wanted")
    return Random(f"{seed}:data").sample(found, count)


def _text(completion: str | Sequence[Mapping[str, str]]) -> str:
    """Of a text, or of the one message of a chat."""
    return completion if isinstance(completion, str) else completion[0]["content"]


def _drawn(config: RlConfig, wanted: Mapping[TaskName, int]) -> list[Entry]:
    jobs = [
        (config.pool, task, f"{config.seed}:{task}:{start}", min(BATCH, count - start))
        for task, count in wanted.items()
        for start in range(0, count, BATCH)
    ]
    if not jobs:
        return []
    context = multiprocessing.get_context("spawn")
    with hash_seed(), context.Pool(min(len(jobs), os.cpu_count() or 1), limit_child) as children:
        batches = children.starmap(_batch, jobs, chunksize=1)
    return [(job[1], row) for job, batch in zip(jobs, batches, strict=True) for row in batch]


def _batch(config: PoolConfig, task: TaskName, seed: str, size: int) -> list[Row]:
    """What a child draws."""
    rng, evaluation = Random(seed), Decontaminator.load()
    draw: Any = {"predict": drawing.predict, "verify": drawing.verify}.get(task, drawing.solve)
    out: list[Row] = []
    failures = 0
    while len(out) < size:
        try:
            out.append(draw(config, evaluation, Random(rng.getrandbits(64))))
            failures = 0
        except Dropped as reason:
            failures += 1
            if failures == PATIENCE:
                raise PoolFailed(f"task {task} gave no row in {PATIENCE} tries; last: {reason}") from None
    return out
