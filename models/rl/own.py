"""The rows of a pool that come from somebody's own data set: for every task that is asked for, or one clear error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from models.dataset.records import Dropped
from models.rl import posed, shares
from models.rl.config import RlConfig
from models.rl.data import Row as DataRow
from models.rl.data import predicted, training
from models.rl.episode import TaskName
from models.rl.posed import Pair
from models.rl.rows import PredictRow, Row, SolveRow
from workers.pipeline.errors import InputError

SOLVED: frozenset[TaskName] = frozenset({"solve", "repair"})
"""Tasks that start from the same problems."""


@dataclass(slots=True)
class Found:
    """What a data set has for some tasks, and how often and why it has nothing."""

    runs: list[PredictRow] = field(default_factory=list)
    problems: dict[posed.Key, SolveRow] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    no_problem: Counter[str] = field(default_factory=Counter)
    no_pair: Counter[str] = field(default_factory=Counter)

    def rows(self, task: TaskName) -> tuple[Sequence[PredictRow | SolveRow | Pair], Counter[str]]:
        """What a task can start from, and what was dropped."""
        if task == "predict":
            return self.runs, Counter()
        if task == "verify":
            return self.pairs, self.no_pair
        return list(self.problems.values()), self.no_problem


def entries(config: RlConfig, wanted: Mapping[TaskName, int]) -> list[tuple[TaskName, Row]]:
    """The rows of all tasks, as many as are wanted; what they are and what was dropped is printed.

    Raises InputError for what is no data set, and where it has too few rows for a task, which would lose its share.
    """
    found = read(config, wanted.keys())
    out: list[tuple[TaskName, Row]] = []
    for task, count in wanted.items():
        there, dropped = found.rows(task)
        reasons = ", ".join(f"{reason} ({number})" for reason, number in dropped.most_common())
        why = f"; dropped: {reasons}" if reasons else ""
        if len(there) < count:
            had = f"{config.pool.data} has {len(there)} {task} rows of style {config.style} for training"
            raise InputError(f"{had}, {count} are wanted{why}")
        chosen, told = _choose(there, count, config, Random(f"{config.seed}:data:{task}"))
        print(f"{config.pool.data}: {count} of {len(there)} {task} rows{told}{why}")
        out += [(task, row) for row in chosen]
    return out


def _choose(
    there: Sequence[PredictRow | SolveRow | Pair], count: int, config: RlConfig, rng: Random
) -> tuple[list[Row], str]:
    """So many rows, and what is to be said of their shares."""
    runs = [row for row in there if isinstance(row, PredictRow)]
    if runs:
        chosen = shares.choose(runs, count, config.pool, rng)
        return [*chosen], f": {shares.told(chosen, config.pool)}"
    drawn = rng.sample(there, count)
    pairs = [row for row in drawn if isinstance(row, Pair)]
    if pairs:
        return [row.row(not shares.due(at, config.pool.wrong)) for at, row in enumerate(pairs)], ""
    return [row for row in drawn if isinstance(row, SolveRow)], ""


def read(config: RlConfig, tasks: Collection[TaskName]) -> Found:
    """Everything that a data set has for some tasks. Raises InputError where it cannot be read."""
    found = Found()
    for row in training(Path(config.pool.data), config.style):
        if row["task"] == "predict":
            if "predict" in tasks:
                found.runs.append(predicted(row))
            continue
        if not SOLVED.isdisjoint(tasks):
            _problem(row, found, config)
        if row["wrong_program"] is not None and "verify" in tasks:
            _pair(row, found)
    _hide(found)
    return found


def _problem(row: DataRow, found: Found, config: RlConfig) -> None:
    try:
        own = posed.problem(row, config.pool, config.seed)
    except Dropped as reason:
        found.no_problem[str(reason)] += 1
        return
    if posed.key(own.problem) in found.problems:
        found.no_problem["its problem is there already"] += 1
    else:
        found.problems[posed.key(own.problem)] = own


def _pair(row: DataRow, found: Found) -> None:
    try:
        found.pairs.append(posed.pair(row))
    except Dropped as reason:
        found.no_pair[str(reason)] += 1


def _hide(found: Found) -> None:
    """Take away pairs whose test is a hidden one of the same problem: a verdict shows what is expected."""
    hidden = posed.hidden(found.problems.values())
    kept = [one for one in found.pairs if one.given() not in hidden]
    if less := len(found.pairs) - len(kept):
        found.no_pair["its test is hidden for another task"] += less
    found.pairs = kept
