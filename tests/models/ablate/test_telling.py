"""What is counted of models that tell different things."""

from __future__ import annotations

from random import Random

from models.ablate.telling import SHORT, figures
from models.config import DatasetConfig
from models.dataset.records import Dropped, draw_program
from models.eval.predicting import Item
from workers.pipeline.types import Prediction, Usage

ITEMS = [
    Item(f"{origin}-{n}", "def f(x):\n    return x", "function", "f", "1", "1", None, True, origin)
    for n, origin in enumerate(("probe", "drill", "random", "right"))
]


def said(value: str | None) -> Prediction:
    return Prediction(output=value, finishes=None if value is None else True, usage=Usage(3, 5))


def test_short_programs_and_longer_ones_are_counted_apart_and_together() -> None:
    found = figures(ITEMS, [said("1"), said("2"), said("1"), said(None)])
    assert found == {
        "right": {"probe-0": (1, 1), "drill-1": (0, 1), "random-2": (1, 1), "right-3": (0, 1)},
        "right, short": {"probe-0": (1, 1), "drill-1": (0, 1)},
        "right, longer": {"random-2": (1, 1), "right-3": (0, 1)},
        "unreadable": {"probe-0": (0, 1), "drill-1": (0, 1), "random-2": (0, 1), "right-3": (1, 1)},
        "tokens": {"probe-0": (5, 1), "drill-1": (5, 1), "random-2": (5, 1), "right-3": (5, 1)},
    }


def test_short_ones_are_what_drills_draw() -> None:
    origins = set()
    for seed in range(300):
        try:
            origins.add(draw_program(DatasetConfig(drills=1.0), Random(seed)).origin)
        except Dropped:
            continue
    assert origins == SHORT
