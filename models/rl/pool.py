"""The pool: the rows of a run, drawn once by a configuration and its seed, and kept beside the run as JSON lines.

Drawn in child processes with limits, in batches that depend on their number alone: how many cores there are changes
nothing. With `data` all of them come from the training split of a data set instead (`own`).
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Mapping
from pathlib import Path
from random import Random

from models.dataset import folder
from models.dataset.decontaminate import Decontaminator
from models.dataset.records import Dropped
from models.rl import drawing, own, rows, shares
from models.rl.config import PoolConfig, RlConfig
from models.rl.episode import TaskName
from models.rl.rows import Row
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
    try:
        entries = [rows.load(json.loads(line)) for line in text.split("\n") if line]  # texts may hold other line ends
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path} is damaged: take it away, and the same rows are made again") from None
    return entries, hashlib.sha256(text.encode()).hexdigest()


def make(config: RlConfig) -> list[Entry]:
    """The rows of a configuration, tasks by their shares. Raises InputError, PoolFailed."""
    wanted = counts(config)
    return own.entries(config, wanted) if config.pool.data else _drawn(config, wanted)


def counts(config: RlConfig) -> dict[TaskName, int]:
    """Rows of each task: at least one, else by share."""
    total = sum(task.share for task in config.tasks)
    return {task.kind: max(1, round(config.pool.rows * task.share / total)) for task in config.tasks}  # type: ignore[misc]


def _drawn(config: RlConfig, wanted: Mapping[TaskName, int]) -> list[Entry]:
    jobs = [
        (config.pool, task, f"{config.seed}:{task}:{start}", range(start, min(start + BATCH, count)))
        for task, count in wanted.items()
        for start in range(0, count, BATCH)
    ]
    context = multiprocessing.get_context("spawn")
    with hash_seed(), context.Pool(min(len(jobs), os.cpu_count() or 1), limit_child) as children:
        batches = children.starmap(_batch, jobs, chunksize=1)
    return [(job[1], row) for job, batch in zip(jobs, batches, strict=True) for row in batch]


def _batch(config: PoolConfig, task: TaskName, seed: str, numbers: range) -> list[Row]:
    """What a child draws: the rows of these numbers."""
    rng, evaluation = Random(seed), Decontaminator.load()
    out: list[Row] = []
    failures = 0
    while len(out) < len(numbers):
        try:
            out.append(_draw(config, task, numbers[len(out)], evaluation, Random(rng.getrandbits(64))))
            failures = 0
        except Dropped as reason:
            failures += 1
            if failures == PATIENCE:
                raise PoolFailed(f"task {task} gave no row in {PATIENCE} tries; last: {reason}") from None
    return out


def _draw(config: PoolConfig, task: TaskName, number: int, evaluation: Decontaminator, rng: Random) -> Row:
    """Row `number` of a task. Whether a program to verify is wrong follows from it, so that the share is exact."""
    if task == "predict":
        return drawing.predict(config, evaluation, rng)
    if task == "verify":
        return drawing.verify(config, evaluation, rng, passes=not shares.due(number, config.wrong))
    return drawing.solve(config, evaluation, rng)
