"""Programs with their runs, for every test of narratives."""

from __future__ import annotations

from functools import cache
from random import Random

from models.config import DatasetConfig
from models.dataset import records
from models.trace.types import Trace


@cache
def runs(count: int, seed: str = "narrative") -> tuple[tuple[records.Program, Trace], ...]:
    """`count` programs of the training distribution and what they do."""
    rng, out = Random(seed), list[tuple[records.Program, Trace]]()
    while len(out) < count:
        try:
            program = records.draw_program(DatasetConfig(), rng)
            out.append((program, records.run(program.code, program.io, program.entry_point, program.given)))
        except records.Dropped:
            continue
    return tuple(out)
