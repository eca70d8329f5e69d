"""Results as pictures: accuracy by class, ways of choosing, first and last answers, verdicts, reliability."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from math import nan
from pathlib import Path
from typing import Any

from models.eval.report import DECIMAL
from models.eval.suites import SUITES
from workers.pipeline.errors import InputError

Results = Mapping[str, Mapping[str, Any]]
"""By run or by run and suite."""
Rows = Mapping[str, Mapping[str, Any]]
"""Label → a mean with its bounds."""
LONG = ("by method", "by construct")
"""So many classes that each has a picture of its own."""
RATES = ("handled", "balanced accuracy", "false accepts", "false rejects")
SAID = {"accepted": "tab:blue", "refused": "tab:orange", "abstained": "lightgrey"}
ENDS = {"pass, pass": "tab:green", "fixed": "yellowgreen", "broken": "tab:red", "fail, fail": "lightgrey"}
"""What is counted, and its colour: verdicts, and first with last answers."""
PER_LINE = 3
"""Axes side by side, where there is one for each suite."""


def draw(runs: Results, folder: Path) -> None:
    """Write the plots there is something for. Raises InputError where matplotlib is not installed."""
    require()
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in pictures(runs):
        figure.savefig(folder / f"{name}.png", dpi=110)


def pictures(runs: Results) -> Iterator[tuple[str, Any]]:
    """Each with its name, where there is something to show. Raises InputError where matplotlib is not installed."""
    found = {f"{run}: {suite}": results[suite] for suite in SUITES for run, results in runs.items() if suite in results}
    for suite in SUITES:
        yield from _accuracy(suite, {run: results[suite] for run, results in runs.items() if suite in results})
    if curves := {label: result for label, result in found.items() if "best@k" in result}:
        yield "best-at-k", _choosing(curves)
    if ends := {label: result["loop from one sample"] for label, result in curves.items()}:
        yield "first-to-final", _first_to_final(ends)
    judged = {label: result.get("programs", result) for label, result in found.items()}
    if verdicts := {label: result for label, result in judged.items() if "confusion" in result}:
        yield "verdicts", _verdicts(verdicts)
    if points := {label: result["reliability"] for label, result in judged.items() if result.get("reliability")}:
        yield "reliability", _reliability(points)


def _grid(count: int, width: float, height: float) -> tuple[Any, list[Any]]:
    """A figure with `count` axes of this size in lines, and these axes."""
    columns = min(PER_LINE, count)
    lines = -(-count // columns)
    figure = _figure(width * columns, 0.5 + height * lines)
    axes = list(figure.subplots(lines, columns, squeeze=False).flat)
    for axis in axes[count:]:
        axis.set_axis_off()
    return figure, axes[:count]


def require() -> None:
    """Raises InputError where matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        raise InputError("plots need matplotlib, which is in the train environment")


def _figure(width: float, height: float) -> Any:
    require()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _accuracy(suite: str, runs: Results) -> Iterator[tuple[str, Any]]:
    """A suite of output prediction: whole and by class, a colour for each run."""
    runs = {run: result for run, result in runs.items() if "accuracy" in result}
    kinds = dict.fromkeys(kind for result in runs.values() for kind in result if kind.startswith("by "))
    panels = {"all programs": {run: _whole(result) for run, result in runs.items()}}
    panels |= {kind: {run: result.get(kind, {}) for run, result in runs.items()} for kind in kinds}
    short = [kind for kind in panels if kind not in LONG]
    for name, chosen in [(suite, short), *((f"{suite} {kind}", [kind]) for kind in kinds if kind in LONG)]:
        chosen = [kind for kind in chosen if _names(panels[kind])]  # few programs fill no class
        if not chosen:
            continue
        heights = [len(_names(panels[kind])) for kind in chosen]
        thickness = 0.25 + 0.1 * (len(runs) - 1)
        figure = _figure(7, 0.8 + 0.5 * len(chosen) + thickness * sum(heights))
        axes = figure.subplots(len(chosen), 1, squeeze=False, sharex=True, height_ratios=heights)
        for axis, kind in zip(axes[:, 0], chosen, strict=True):
            _bars(axis, kind if len(chosen) > 1 else name, panels[kind])
            _count(axis, panels[kind])
        axes[-1, 0].set(xlim=(0, 100), xlabel="right, %")
        if len(chosen) > 1:
            figure.suptitle(suite)
        if len(runs) > 1:
            _legend(figure, axes[0, 0])
        yield name.replace(" ", "-"), figure


def _whole(result: Mapping[str, Any]) -> Rows:
    """The figures over all programs, greedy and sampled."""
    sampled = {f"sampled, {k}": value for k, value in result.get("sampled", {}).items()}
    shares = {name: value for name, value in result.items() if name not in DECIMAL}
    return {name: value for name, value in shares.items() if isinstance(value, Mapping) and "mean" in value} | sampled


def _choosing(found: Results) -> Any:
    figure, axes = _grid(len(found), 5.5, 4.5)
    for axis, (label, result) in zip(axes, found.items(), strict=True):
        _best(axis, label, result["best@k"], result["random readable candidate"]["mean"])
    _legend(figure, axes[0])
    return figure


def _best(axis: Any, title: str, ways: Mapping[str, Mapping[str, Mapping[str, float]]], readable: float) -> None:
    for way, by_k in ways.items():
        sizes = [int(k) for k in by_k]
        style = {"any (pass@k)": ":", "execution (oracle)": "--"}.get(way, "-")
        axis.plot(sizes, [100 * by_k[str(k)]["mean"] for k in sizes], style, marker="o", label=way)
    axis.fill_between(
        sizes := [int(k) for k in ways["simulation"]],
        *[[100 * ways["simulation"][str(k)][end] for k in sizes] for end in ("low", "high")], alpha=0.15,
    )  # fmt: skip
    axis.axhline(100 * readable, color="grey", linewidth=1, label="random readable candidate")
    axis.set_xscale("log", base=2)
    axis.set_xticks(sizes, [str(k) for k in sizes])
    axis.set(title=title, xlabel="samples, k", ylabel="problems solved (hidden tests), %")


def _first_to_final(found: Mapping[str, Mapping[str, int]]) -> Any:
    figure = _figure(8, 1.6 + 0.6 * len(found))
    axis = figure.subplots()
    rows = {f"{label}\n{ends['fixed']} fixed, {ends['broken']} broken": ends for label, ends in found.items()}
    _stacked(axis, "First and last answer of the loop from one sample", rows, ENDS)
    axis.set_xlabel("problems, %")
    _legend(figure, axis)
    return figure


def _verdicts(found: Results) -> Any:
    """What was said of right and of wrong programs, and the rates that follow."""
    figure = _figure(15, 1.6 + 0.4 * len(found))
    axes = figure.subplots(1, 2 + len(RATES), sharey=True, width_ratios=[2, 2, *[1] * len(RATES)])
    for axis, truth in zip(axes, ("right", "wrong"), strict=False):
        rows = {
            label: {said: result["confusion"][f"{truth}, {said}"] for said in SAID} for label, result in found.items()
        }
        _stacked(axis, f"{truth} programs", rows, SAID)
    for axis, rate in zip(axes[2:], RATES, strict=True):
        _bars(axis, rate, {rate: {label: _bounded(result[rate]) for label, result in found.items()}})
        axis.set(xlim=(0, 100), xlabel="%")
    _legend(figure, axes[0])
    return figure


def _bounded(value: Any) -> Mapping[str, Any]:
    """A figure that has no interval, in the form of those that have."""
    return value if isinstance(value, Mapping) else {"mean": value, "low": nan, "high": nan}


def _reliability(found: Mapping[str, Sequence[Mapping[str, float]]]) -> Any:
    figure, axes = _grid(len(found), 3.6, 3.4)
    for axis, (label, points) in zip(axes, found.items(), strict=True):
        axis.plot([0, 1], [0, 1], color="grey", linewidth=1)
        axis.plot([p["confidence"] for p in points], [p["accuracy"] for p in points], marker="o")
        axis.set(xlabel="confidence", ylabel="how often it was right", title=label)
    figure.suptitle("Reliability")
    return figure


def _bars(axis: Any, title: str, runs: Mapping[str, Rows]) -> None:
    """A bar with its interval for each label and run, the first label on top; nothing where there is no number."""
    names = _names(runs)
    thick = 0.8 / len(runs)
    for i, (run, rows) in enumerate(runs.items()):
        shown = [(p, rows[name]) for p, name in enumerate(names) if rows.get(name, {}).get("mean") is not None]
        means = [100 * value["mean"] for _, value in shown]
        bounds = [[100 * value[end] for _, value in shown] for end in ("low", "high")]
        distances = [[abs(a - b) for a, b in zip(means, ends, strict=True)] for ends in bounds]
        places = [p + thick * (i - (len(runs) - 1) / 2) for p, _ in shown]
        axis.barh(places, means, thick, xerr=distances, color=f"C{i}", alpha=0.7, capsize=2, label=run)
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.set_title(title, fontsize="medium")
    axis.grid(axis="x", alpha=0.3)
    axis.set_axisbelow(True)


def _stacked(axis: Any, title: str, rows: Mapping[str, Mapping[str, int]], colours: Mapping[str, str]) -> None:
    """A bar of shares for each label, with the counts written where there is room."""
    left = [0.0] * len(rows)
    for name, colour in colours.items():
        widths = [100 * row[name] / max(1, sum(row.values())) for row in rows.values()]
        bars = axis.barh(range(len(rows)), widths, 0.7, left, color=colour, label=name)
        counts = [str(row[name]) if width > 4 else "" for row, width in zip(rows.values(), widths, strict=True)]
        axis.bar_label(bars, counts, label_type="center")
        left = [a + b for a, b in zip(left, widths, strict=True)]
    axis.set_yticks(range(len(rows)), list(rows))
    axis.set(ylim=(len(rows) - 0.5, -0.5), xlim=(0, 100), xlabel="%")
    axis.set_title(title, fontsize="medium")


def _names(runs: Mapping[str, Rows]) -> list[str]:
    return list(dict.fromkeys(name for rows in runs.values() for name in rows))


def _count(axis: Any, runs: Mapping[str, Rows]) -> None:
    """Write beside each label how many programs it stands for."""
    names = _names(runs)
    counts = [dict.fromkeys(str(rows[name]["n"]) for rows in runs.values() if name in rows) for name in names]
    axis.set_yticks(range(len(names)), [f"{name} ({'/'.join(n)})" for name, n in zip(names, counts, strict=True)])


def _legend(figure: Any, axis: Any) -> None:
    """Below the axes, where it covers nothing."""
    columns = max(1, int(figure.get_figwidth() / 2.1))  # inches of the longest label
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=columns)
