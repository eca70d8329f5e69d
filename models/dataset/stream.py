"""Endless training records for the nano model, as a configuration and a seed decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random

from models.config import DatasetConfig
from models.dataset import records


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
