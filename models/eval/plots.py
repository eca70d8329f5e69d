"""Results as pictures: best@k for each way of choosing, and how far confidences can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workers.pipeline.errors import InputError


def draw(runs: Mapping[str, Mapping[str, Any]], folder: Path) -> None:
    """Write the plots there is something for. Raises InputError where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise InputError("plots need matplotlib, which is in the train environment") from None
    folder.mkdir(parents=True, exist_ok=True)
    curves = [
        (f"{name}: {suite}", result["best@k"])
        for name, results in runs.items() for suite, result in results.items() if "best@k" in result
    ]  # fmt: skip
    points = [
        (f"{name}: {suite}", found)
        for name, results in runs.items() for suite, result in results.items()
        if isinstance(result, Mapping)
        if (found := result.get("reliability") or result.get("programs", {}).get("reliability"))
    ]  # fmt: skip
    if curves:
        figure = Figure(figsize=(6 * len(curves), 4.5), layout="constrained")
        for axis, (title, ways) in zip(figure.subplots(1, len(curves), squeeze=False)[0], curves, strict=True):
            _best(axis, title, ways)
        figure.savefig(folder / "best-at-k.png", dpi=110)
    if points:
        figure = Figure(figsize=(5.5, 5), layout="constrained")
        _reliability(figure.subplots(), points)
        figure.savefig(folder / "reliability.png", dpi=110)


def _best(axis: Any, title: str, ways: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    for way, by_k in ways.items():
        sizes = [int(k) for k in by_k]
        style = {"any (pass@k)": ":", "execution (oracle)": "--"}.get(way, "-")
        axis.plot(sizes, [100 * by_k[str(k)]["mean"] for k in sizes], style, marker="o", label=way)
    axis.fill_between(
        sizes := [int(k) for k in ways["simulation"]],
        *[[100 * ways["simulation"][str(k)][end] for k in sizes] for end in ("low", "high")], alpha=0.15,
    )  # fmt: skip
    axis.set_xscale("log", base=2)
    axis.set_xticks(sizes, [str(k) for k in sizes])
    axis.set(title=title, xlabel="samples, k", ylabel="problems solved (hidden tests), %")
    axis.legend()


def _reliability(axis: Any, runs: list[tuple[str, list[Mapping[str, float]]]]) -> None:
    axis.plot([0, 1], [0, 1], color="grey", linewidth=1)
    for name, found in runs:
        axis.plot([p["confidence"] for p in found], [p["accuracy"] for p in found], marker="o", label=name)
    axis.set(xlabel="confidence", ylabel="how often it was right", title="Reliability")
    axis.legend()
