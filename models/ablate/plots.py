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
PER_LINE = 4
"""Axes side by side."""
DODGE = 1.04
"""How far curves stand beside each other on the logarithmic axis, so that no bar hides another."""


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
        width = min(PER_LINE, len(experiment.columns))
        lines = -(-len(experiment.columns) // width)
        figure = Figure(figsize=(1.5 + 2.6 * width, 0.5 + lines * (0.9 + 0.32 * len(cells))), layout="constrained")
        axes = list(figure.subplots(lines, width, squeeze=False, sharey=True).flat)
        for axis, column in zip(axes, experiment.columns, strict=False):
            _rows(axis, experiment, column, cells)
        for axis in axes[len(experiment.columns) :]:
            axis.set_axis_off()
    figure.suptitle(experiment.question)
    figure.savefig(folder / f"ablate-{experiment.name}.png", dpi=100)


def _rows(axis: Any, experiment: Experiment, column: str, cells: Cells) -> None:
    """One figure of every row, the first row on top, each arm in its colour, seeds as dots; shares on one scale."""
    arms = list(dict.fromkeys(arm for arm, _ in cells))
    for place, (row, found) in enumerate(cells.items()):
        if (one := _scaled(found[column], experiment, column)) is not None:
            colour = f"C{arms.index(row[0]) % 10}"
            axis.errorbar(one.mean, -place, xerr=_bars([one]), fmt="o", capsize=3, color=colour)
            axis.plot(one.seeds, [-place - 0.25] * len(one.seeds), ".", color=colour, markersize=4)
    labels = [", ".join(part for part in row if part) for row in cells]
    axis.set_yticks([-place for place in range(len(labels))], labels)
    axis.set_ylim(0.5 - len(labels), 0.5)
    if column not in experiment.counted:
        axis.set_xlim(*_range(experiment, cells))
    axis.set(title=column, xlabel="" if column in experiment.counted else "%")
    axis.grid(axis="x", alpha=0.3)


def _range(experiment: Experiment, cells: Cells) -> tuple[float, float]:
    """From just below the lowest bound of all shares to just above the highest."""
    bounds = [
        bound
        for found in cells.values()
        for column in experiment.columns
        if column not in experiment.counted and (one := _scaled(found[column], experiment, column)) is not None
        for bound in (one.low, one.high)
    ]
    return (max(-2.0, min(bounds) - 3), min(102.0, max(bounds) + 3)) if bounds else (0.0, 100.0)


def _curves(axis: Any, experiment: Experiment, cells: Cells) -> None:
    """Each figure over the number that the measurements are named by."""
    for place, column in enumerate(experiment.columns):
        beside = DODGE ** (place - (len(experiment.columns) - 1) / 2)
        points = [
            (_number(part) * beside, one)
            for (_, part), found in cells.items()
            if (one := _scaled(found[column], experiment, column)) is not None
        ]
        numbers, means = [number for number, _ in points], [one.mean for _, one in points]
        axis.errorbar(numbers, means, _bars([one for _, one in points]), fmt="o-", capsize=3, label=column)
    numbers = [_number(part) for _, part in cells]
    axis.set_xscale("log", base=2)
    axis.set_xticks(numbers, [f"{number:g}" for number in numbers])
    axis.set(xlabel=experiment.curve, ylabel="%")
    axis.grid(alpha=0.3)
    axis.legend()


def _number(part: str) -> float:
    return float(part.rpartition(" ")[2])


def _scaled(found: Interval | None, experiment: Experiment, column: str) -> Interval | None:
    """The figure in percent, or as it is where it counts something; None where there is no number."""
    if found is None or math.isnan(found.mean):
        return None
    scale = 1.0 if column in experiment.counted else 100.0
    return Interval(scale * found.mean, scale * found.low, scale * found.high, tuple(scale * x for x in found.seeds))


def _bars(points: Sequence[Interval]) -> list[list[float]]:
    """What matplotlib takes as error bars: distances to the bounds, which may not be below zero."""
    return [[max(0.0, p.mean - p.low) for p in points], [max(0.0, p.high - p.mean) for p in points]]
