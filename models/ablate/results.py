"""What one measurement found: for each row and figure a value of every item, so that differences can be paired."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from models.dataset import folder

Values = dict[str, tuple[float, float]]
"""Item → (sum, count). The figure is the sums over all items by the counts over all items: most items count once."""
Figures = dict[str, Values]
"""Figure → its values."""


@dataclass(frozen=True, slots=True)
class Result:
    """One measurement of an arm's models with one seed."""

    seed: int
    tokens: int
    """That the arm's models were trained on, or wrote while they were trained, all together."""
    rows: Mapping[str, Figures]
    """Measurement → figures; the name is empty where an arm has one."""
    seconds: float = 0.0
    """Of the measurement."""


def write(path: Path, result: Result) -> None:
    """A whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text(path, json.dumps(asdict(result)))


def read(path: Path) -> Result:
    """What `write` wrote."""
    data = json.loads(path.read_text(encoding="utf-8"))
    rows = {name: {f: _values(v) for f, v in figures.items()} for name, figures in data.pop("rows").items()}
    return Result(rows=rows, **data)


def _values(pairs: Mapping[str, list[float]]) -> Values:
    return {item: (total, count) for item, (total, count) in pairs.items()}
