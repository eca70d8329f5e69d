"""Which rows make the configured shares: exactly where it can be had, as near as the rows allow where it cannot."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from random import Random

from models.rl.config import PoolConfig
from models.rl.rows import PredictRow


def due(number: int, share: float) -> bool:
    """Whether row `number`, from 0, is one of a share: of the first n rows `share * n` are, rounded, for every n."""
    return math.floor((number + 1) * share + 0.5) > math.floor(number * share + 0.5)


def ending(row: PredictRow) -> str:
    """`raises`, `endless` or `output`: how the run of a row ends."""
    return "endless" if not row.finishes else "raises" if row.raises is not None else "output"


def choose(rows: Sequence[PredictRow], count: int, config: PoolConfig, rng: Random) -> list[PredictRow]:
    """`count` of at least as many rows, in a drawn order, with the shares `raises`, `endless` and `wrong`.

    What there is too little of is made up for by rows that end in an output; `wrong` counts among rows whose
    correctness is known, and is made true by the choice among those that end in an output.
    """
    found: dict[str, list[PredictRow]] = {"output": [], "raises": [], "endless": []}
    for row in rng.sample(rows, len(rows)):
        found[ending(row)].append(row)
    raises, endless = round(count * config.raises), round(count * config.endless)
    wanted = {"output": max(0, count - raises - endless), "raises": raises, "endless": endless}
    quotas = fitted(wanted, {name: len(own) for name, own in found.items()}, count)
    rare = [row for name in ("raises", "endless") for row in found[name][: quotas[name]]]
    out = rare + _balanced(found["output"], quotas["output"], rare, config.wrong)
    rng.shuffle(out)
    return out


def fitted(wanted: Mapping[str, int], there: Mapping[str, int], count: int) -> dict[str, int]:
    """How many of each kind to take, `count` in all: as wanted as far as there are, the rest by the order of `wanted`.

    Takes for granted that there are as many in all.
    """
    taken = {name: min(number, there[name]) for name, number in wanted.items()}
    for name in wanted:
        taken[name] += max(0, min(count - sum(taken.values()), there[name] - taken[name]))
    return taken


def told(rows: Sequence[PredictRow], config: PoolConfig) -> str:
    """The shares that rows have, beside those that were asked for where they differ."""
    known = [row for row in rows if row.correct is not None]
    found = {
        "raises": (sum(ending(row) == "raises" for row in rows), len(rows), config.raises),
        "endless": (sum(ending(row) == "endless" for row in rows), len(rows), config.endless),
        "wrong": (sum(row.correct is False for row in known), len(known), config.wrong),
    }
    return ", ".join(f"{name} {_share(*numbers)}" for name, numbers in found.items())


def _share(number: int, of: int, asked: float) -> str:
    if not of:
        return "unknown of all"
    return f"{number / of:.1%}" if abs(number - asked * of) <= 1 else f"{number / of:.1%} ({asked:.1%} asked)"


def _balanced(rows: Sequence[PredictRow], count: int, others: Sequence[PredictRow], wrong: float) -> list[PredictRow]:
    """`count` of the rows, so that with the `others` a share of the known ones is wrong; of unknown ones, those that
    there are in proportion, more where known ones of a kind are short."""
    kinds: dict[str, list[PredictRow]] = {"unknown": [], "right": [], "wrong": []}
    for row in rows:
        kinds["unknown" if row.correct is None else "right" if row.correct else "wrong"].append(row)
    there = {name: len(own) for name, own in kinds.items()}
    known = sum(row.correct is not None for row in others)
    already = sum(row.correct is False for row in others)
    take = _known(there, count, wrong, known, already)
    bad = min(max(0, round(wrong * (known + take)) - already), take, there["wrong"])
    wanted = {"unknown": count - take, "right": take - bad, "wrong": bad}
    quotas = fitted(wanted, there, count)
    return [row for name, own in kinds.items() for row in own[: quotas[name]]]


def _known(there: Mapping[str, int], count: int, wrong: float, known: int, already: int) -> int:
    """How many rows of known correctness to take: their part of all rows, or as many as keep the share."""
    total = sum(there.values())
    most = round(count * (total - there["unknown"]) / total) if total else 0
    if wrong > 0:
        most = min(most, int((there["wrong"] + already) / wrong) - known)
    if wrong < 1:
        most = min(most, int((there["right"] + wrong * known - already) / (1 - wrong)))
    return max(0, most)
