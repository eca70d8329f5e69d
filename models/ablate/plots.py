"""Results of an experiment as one picture: an axis for each figure with its rows, or curves over a number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.ablate.experiments import Experiment, Row
from models.ablate.intervals import Interval
from workers.pipeline.errors import InputError

Cells = Mapping[Row, Mapping[str, Interval | None]]


def draw(experiment: Experiment, cells: Cells, folder: Path) -> None:
    """Write `ablate-NAME.png`. Raises InputError where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise InputError("plots need matplotlib, which is in the train environment") from None
    folder.mkdir(parents=True, exist_ok=True)
    if experiment.curve:
        figure = Figure(figsize=(7, 4.5), layout="constrained")
        _curves(figure.subplots(), experiment, cells)
    else:
        columns, height = len(experiment.columns), 1.2 + 0.32 * len(cells)
        figure = Figure(figsize=(1.5 + 2.4 * columns, height), layout="constrained")
        axes = figure.subplots(1, columns, squeeze=False, sharey=True)[0]
        for axis, column in zip(axes, experiment.columns, strict=True):
            _rows(axis, experiment, column, cells)
    figure.suptitle(experiment.question)
    figure.savefig(folder / f"ablate-{experiment.name}.png", dpi=100)


def _rows(axis: Any, experiment: Experiment, column: str, cells: Cells) -> None:
    """One figure of every row, the first row on top, each arm in its colour."""
    arms = list(dict.fromkeys(arm for arm, _ in cells))
    for place, (row, found) in enumerate(cells.items()):
        if (one := _scaled(found[column], experiment, column)) is not None:
            axis.errorbar(one[0], -place, xerr=_bars([one]), fmt="o", capsize=3, color=f"C{arms.index(row[0]) % 10}")
    labels = [", ".join(part for part in row if part) for row in cells]
    axis.set_yticks([-place for place in range(len(labels))], labels)
    axis.set(title=column, xlabel="" if column in experiment.counted else "%")
    axis.grid(axis="x", alpha=0.3)


def _curves(axis: Any, experiment: Experiment, cells: Cells) -> None:
    """Each figure over the number that the measurements are named by."""
    for column in experiment.columns:
        points = [
            (_number(part), one)
            for (_, part), found in cells.items()
            if (one := _scaled(found[column], experiment, column)) is not None
        ]
        bars = _bars([one for _, one in points])
        axis.errorbar([x for x, _ in points], [y for _, (y, _, _) in points], bars, marker="o", capsize=3, label=column)
    numbers = [_number(part) for _, part in cells]
    axis.set_xscale("log", base=2)
    axis.set_xticks(numbers, [f"{number:g}" for number in numbers])
    axis.set(xlabel=experiment.curve, ylabel="%")
    axis.grid(alpha=0.3)
    axis.legend()


def _number(part: str) -> float:
    return float(part.rpartition(" ")[2])


def _scaled(found: Interval | None, experiment: Experiment, column: str) -> tuple[float, float, float] | None:
    if found is None or math.isnan(found.mean):
        return None
    scale = 1.0 if column in experiment.counted else 100.0
    return scale * found.mean, scale * found.low, scale * found.high


def _bars(points: Sequence[tuple[float, float, float]]) -> list[list[float]]:
    """What matplotlib takes as error bars: distances to the bounds, which may not be below zero."""
    return [[max(0.0, mean - low) for mean, low, _ in points], [max(0.0, high - mean) for mean, _, high in points]]
