"""Plots of a data set's figures, as PNG beside its card."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from models.dataset import folder
from models.dataset.stats import Stats

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999999")
"""Okabe and Ito's palette, which colour-blind readers tell apart."""
STYLE = {"axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True, "font.size": 9}


def draw(stats: Stats, out: Path) -> list[str]:
    """Write every plot into `out`; their file names."""
    out.mkdir(exist_ok=True)
    plots: dict[str, Callable[[Any, Stats], None]] = {
        "lengths": _lengths, "steps": _steps, "outcomes": _outcomes, "operations": _operations,
    }  # fmt: skip
    for name, plot in plots.items():
        with mpl.rc_context(STYLE):
            figure = Figure(figsize=(7, 6 if name == "operations" else 3.4), layout="constrained")
            plot(figure.subplots(), stats)
            folder.write(out / f"{name}.png", functools.partial(_save, figure))
    return [f"{name}.png" for name in plots]


def _save(figure: Any, at: Path) -> None:
    # no version of the library in the file: the same figures give the same bytes
    figure.savefig(at, format="png", dpi=110, metadata={"Software": None})


def _lengths(axes: Any, stats: Stats) -> None:
    most = max([*stats.prompts, *stats.completions, 2])
    bins = np.geomspace(10, most, 50)
    for values, name, colour in ((stats.prompts, "prompt", COLOURS[0]), (stats.completions, "completion", COLOURS[1])):
        axes.hist(values, bins, alpha=0.65, label=name, color=colour)
    axes.set(xscale="log", xlabel="characters", ylabel="rows", title="Length of prompts and completions")
    axes.legend(frameon=False)


def _steps(axes: Any, stats: Stats) -> None:
    edges = np.unique(np.geomspace(1, max([*stats.steps, 2]) + 1, 40).round()) - 0.5
    axes.hist(stats.steps, edges, color=COLOURS[2])
    axes.set(xscale="log", xlabel="steps of the trace", ylabel="predict rows", title="Length of runs")


def _outcomes(axes: Any, stats: Stats) -> None:
    """Share of each outcome by origin; rare exceptions are taken together."""
    origins = sorted({origin for origin, _ in stats.outcomes})
    totals, counts, common = Counter[str](), Counter[tuple[str, str]](), _common(stats)
    for (origin, kind), count in stats.outcomes.items():
        totals[origin] += count
        counts[origin, kind if kind in common else "other exceptions"] += count
    left = np.zeros(len(origins))
    for colour, kind in zip(COLOURS, [*common, "other exceptions"], strict=False):
        share = np.array([counts[origin, kind] / totals[origin] for origin in origins])
        if not share.any():
            continue
        axes.barh(origins, share * 100, left=left * 100, label=kind, color=colour)
        left += share
    axes.set(xlabel="% of predict rows", title="How runs end, by origin")
    axes.legend(frameon=False, fontsize=8, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.18))


def _common(stats: Stats) -> list[str]:
    """`output` first, then the most frequent other outcomes, as many as there are colours for."""
    kinds: dict[str, int] = {}
    for (_, kind), count in stats.outcomes.items():
        kinds[kind] = kinds.get(kind, 0) + count
    others = sorted((kind for kind in kinds if kind != "output"), key=lambda kind: (-kinds[kind], kind))
    return ["output", *others[: len(COLOURS) - 2]]


def _operations(axes: Any, stats: Stats) -> None:
    top = sorted(stats.operations.items(), key=lambda item: (item[1], item[0]))[-30:]
    axes.barh([name for name, _ in top], [100 * n / max(1, stats.programs) for _, n in top], color=COLOURS[0])
    axes.set(xlabel="% of programs that hold it", title="The thirty most frequent operations")
    axes.tick_params(axis="y", labelsize=8)
