"""How much of what real small functions do the broad generator does: `python -m models.programs.coverage`.

A function is covered if every kind of syntax node and every method in it occurs in at least 0.1 % of the generated
programs. The functions to compare with (CRUXEval's) are only parsed, never run, and never enter training.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from models.programs import broad
from models.programs.source import Source
from models.trace.limits import limit_child
from models.trace.tracer import trace
from models.trace.types import TraceRejected
from workers.pipeline.errors import DeskcheckError, InputError

SHARE = 0.001
"""A feature occurs if this share of the programs has it."""
TRACED = 5_000
"""Programs run for the histogram of executed lines."""


def features(code: str) -> frozenset[str]:
    """Kinds of syntax nodes, and methods as `.name`."""
    nodes = list(ast.walk(ast.parse(code)))
    methods = {f".{n.func.attr}" for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)}
    return frozenset({type(node).__name__ for node in nodes} | methods)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a sample of generated programs covers of some functions."""

    samples: int
    covered: float
    """Share of the functions, 0..1."""
    missing: tuple[tuple[str, int, float], ...]
    """Features that are too rare among the samples: name, functions that have it, share of the samples that do."""


def coverage(samples: Iterable[str], functions: Sequence[str]) -> Coverage:
    """Count features in the samples and look each function's up."""
    counts: Counter[str] = Counter()
    total = 0
    for code in samples:
        counts.update(features(code))
        total += 1
    wanted = [features(code) for code in functions]
    common = {name for name, count in counts.items() if count >= SHARE * total}
    rare = Counter(name for names in wanted for name in names - common)
    missing = tuple((name, n, counts[name] / max(1, total)) for name, n in rare.most_common())
    covered = sum(names <= common for names in wanted) / max(1, len(wanted))
    return Coverage(total, covered, missing)


def shape(code: str) -> dict[str, int]:
    """Sizes of a program that the histograms show."""
    nodes = list(ast.walk(ast.parse(code)))
    operations = (ast.Call, ast.BinOp, ast.Compare, ast.Subscript, ast.BoolOp, ast.AugAssign)
    return {
        "characters": len(code),
        "statements": sum(isinstance(n, ast.stmt) for n in nodes),
        "operations": sum(isinstance(n, operations) for n in nodes),
    }


def executed(sources: Iterable[Source]) -> list[int]:
    """Lines that each program executes on its input, where it can be traced."""
    out = []
    for source in sources:
        try:
            out.append(len(trace(source.code, source.io, source.entry_point, source.inputs[0]).steps))
        except TraceRejected:
            continue
    return out


def plot(ours: Sequence[str], theirs: Sequence[str], lines: Sequence[int], counts: Any, path: Path) -> None:
    """Histograms side by side, and the most frequent methods of both."""
    from matplotlib.figure import Figure  # only here: counting does without

    figure = Figure(figsize=(13, 8.5), layout="constrained")
    axes = figure.subplots(2, 3)
    a, b = [shape(code) for code in ours], [shape(code) for code in theirs]
    for axis, (name, top) in zip(axes[0], {"characters": 600, "statements": 25, "operations": 30}.items(), strict=True):
        width = max(1, top // 30)  # whole numbers: narrower bins would leave gaps
        bins = list(range(0, top + 2 * width, width))
        for rows, label in ((a, "generated"), (b, "CRUXEval, development half")):
            values = [min(row[name], top) for row in rows]
            axis.hist(values, bins, weights=[100 / len(values)] * len(values), alpha=0.55, label=label)
        axis.set(xlabel=name, ylabel="% of programs")
    axes[0, 0].legend()
    axes[1, 0].hist([min(n, 60) for n in lines], 30, weights=[100 / len(lines)] * len(lines))
    axes[1, 0].set(xlabel="executed lines (generated programs)", ylabel="% of programs")
    gs = axes[1, 1].get_subplotspec().get_gridspec()
    axes[1, 1].remove()
    axes[1, 2].remove()
    _methods(figure.add_subplot(gs[1, 1:]), counts)
    figure.savefig(path, dpi=100)


def _methods(axis: Any, counts: tuple[dict[str, float], dict[str, float]]) -> None:
    ours, theirs = counts
    names = sorted(theirs, key=lambda name: -theirs[name])[:30]
    places = range(len(names))
    axis.bar([p - 0.2 for p in places], [100 * ours.get(name, 0.0) for name in names], 0.4, alpha=0.7)
    axis.bar([p + 0.2 for p in places], [100 * theirs[name] for name in names], 0.4, alpha=0.7)
    axis.set_xticks(list(places), names, rotation=60, ha="right")
    axis.set(ylabel="% of programs with the method")


def _shares(codes: Sequence[str]) -> dict[str, float]:
    counts = Counter(name for code in codes for name in features(code) if name.startswith("."))
    return {name: count / len(codes) for name, count in counts.items()}


def read(path: Path) -> list[tuple[str, str]]:
    """Program and input of each line of a file of JSON lines with `code`; no input where none is. Raises InputError."""
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [(row["code"], row.get("input", "")) for row in rows]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: {error!r}") from error


def functions(path: Path) -> list[str]:
    """The programs in such a file. Raises InputError."""
    return [code for code, _ in read(path)]


def main() -> None:
    """Count, print, and write coverage.json and coverage.png."""
    parser = argparse.ArgumentParser(prog="python -m models.programs.coverage", description=__doc__)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--cruxeval", type=Path, required=True, help="JSON lines with `code`")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    try:
        theirs = functions(args.cruxeval)
    except DeskcheckError as error:
        sys.exit(f"error: {error}")
    limit_child()  # the traced programs run in this process
    rng = Random(f"coverage:{args.seed}")
    sources = [broad.draw(rng) for _ in range(args.samples)]
    codes = [source.code for source in sources]
    found = coverage(codes, theirs)
    lines = executed(sources[:TRACED])
    args.out.mkdir(parents=True, exist_ok=True)
    plot(codes[:20_000], theirs, lines, (_shares(codes), _shares(theirs)), args.out / "coverage.png")
    figures = {
        "samples": found.samples, "functions": len(theirs), "covered": round(found.covered, 4),
        "median executed lines": sorted(lines)[len(lines) // 2],
        "missing": [{"feature": n, "functions": f, "share of samples": round(s, 6)} for n, f, s in found.missing],
    }  # fmt: skip
    (args.out / "coverage.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(f"{found.covered:.1%} of {len(theirs)} functions covered by {found.samples:,} programs")
    for name, count, share in found.missing:
        print(f"  {name:<16} in {count:>3} functions, in {share:.4%} of the programs")


if __name__ == "__main__":
    main()
