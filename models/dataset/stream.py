"""Endless training records for the nano model, as a configuration and a seed decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random

from models.config import DatasetConfig
from models.dataset import records
from models.dataset.decontaminate import Decontaminator


def stream(
    config: DatasetConfig, seed: str, evaluation: Decontaminator, dropped: Counter[str]
) -> Iterator[records.Record]:
    """Endless records, none of them close to an evaluation set; what is dropped is counted by reason."""
    rng = Random(seed)
    while True:
        try:
            record = records.draw(config, rng)
        except records.Dropped as reason:
            dropped[str(reason)] += 1
            continue
        if rule := evaluation.why(record.program, record.statement):
            dropped[rule] += 1
            continue
        yield record
