"""Programs of the training distribution that are in no shard on purpose: what calibration is measured on.

Drawn in a child process with limits, as everything that is traced.
"""

from __future__ import annotations

import multiprocessing
from random import Random
from typing import Any

from models.config import DatasetConfig
from models.dataset import freeze, records
from models.dataset.keys import program_key
from models.trace.limits import limit_child


def programs(count: int, seed: str) -> list[dict[str, Any]]:
    """`count` programs in the form of the frozen set `predict`, none of them equal to a frozen one."""
    with multiprocessing.get_context("spawn").Pool(1, limit_child) as pool:
        return pool.apply(_draw, (count, seed))


def _draw(count: int, seed: str) -> list[dict[str, Any]]:
    rng, config, forbidden = Random(seed), DatasetConfig(), freeze.keys()
    rows: list[dict[str, Any]] = []
    while len(rows) < count:
        try:
            program = records.draw_program(config, rng)
            run = records.run(program.code, program.io, program.entry_point, program.given)
        except records.Dropped:
            continue
        if program_key(program.code) not in forbidden and len(program.code) < freeze.CHARACTERS // 2:
            rows.append(freeze.row(str(len(rows)), program, run))
    return rows
