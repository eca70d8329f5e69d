"""`python -m models.eval.table A.json B.json … --markdown FILE --plots FOLDER`: results side by side.

Reads what `python -m models.eval --json` wrote. Results of different prompt versions are refused: their prompts differ,
so their figures do not compare.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from models.eval import files, plots, seeds
from models.eval.describe import calibrated
from models.eval.report import DECIMAL
from models.eval.stats import Estimate
from models.eval.suites import SUITES
from workers.pipeline.errors import DeskcheckError, InputError

Results = Mapping[str, Any]
SKIPPED = frozenset({"items", "by construct", "reliability", "seconds"})
"""Too long for a table, or not comparable."""


def load(paths: Sequence[Path]) -> dict[str, Results]:
    """Results by the name of their file. Raises InputError for what is none, and for mixed prompt versions."""
    out: dict[str, Results] = {}
    for path in paths:
        try:
            results = json.loads(path.read_text(encoding="utf-8"))
            results["about"]["prompt_version"]  # a KeyError here says that these are no results
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: no results of python -m models.eval --json: {error!r}") from error
        out[path.stem] = results
    versions = {str(results["about"]["prompt_version"]) for results in out.values()}
    if len(versions) > 1:
        raise InputError(f"results of different prompt versions ({', '.join(sorted(versions))}) do not compare")
    return out


def markdown(runs: Mapping[str, Results]) -> str:
    """One table for each suite: a row for each figure, a column for each run; classes with their counts."""
    raw = [name for name, results in runs.items() if not calibrated(results["about"])]
    parts = [f"Confidences of {', '.join(raw)} are the model's own: none were calibrated.\n"] if raw else []
    for suite in SUITES:
        columns = {name: dict(_flat(results[suite])) for name, results in runs.items() if suite in results}
        if not columns:
            continue
        figures = dict.fromkeys(figure for column in columns.values() for figure in column)
        parts.append(f"## {suite}\n")
        parts.append("| figure | " + " | ".join(columns) + " |")
        parts.append("| --- " * (len(columns) + 1) + "|")
        parts += [
            f"| {figure} | " + " | ".join(column.get(figure, "") for column in columns.values()) + " |"
            for figure in figures
        ]
        parts.append("")
    return "\n".join(parts)


def _flat(result: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in result.items():
        if key in SKIPPED or isinstance(value, list):
            continue
        if isinstance(value, Mapping) and set(value) != {"mean", "low", "high", "n"}:
            yield from _flat(value, f"{prefix}{key}, ")
        else:
            yield f"{prefix}{key}", _cell(value, key in DECIMAL, counted=prefix.startswith("by "))


def _cell(value: Any, decimal: bool, counted: bool) -> str:
    if value is None or (isinstance(value, Mapping) and value["mean"] is None):
        return "–"
    if isinstance(value, Mapping) and decimal:
        return Estimate(**value).decimal()
    if isinstance(value, Mapping):
        count = f" of {value['n']}" if counted else ""
        return f"{100 * value['mean']:.1f} [{100 * value['low']:.1f}, {100 * value['high']:.1f}]{count}"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def main() -> None:
    """Write the table and the plots that were asked for; the table is printed where no file is named."""
    parser = argparse.ArgumentParser(prog="python -m models.eval.table", description=__doc__)
    parser.add_argument("results", type=Path, nargs="+")
    parser.add_argument("--markdown", type=Path, help="write the table here instead of printing it")
    parser.add_argument("--plots", type=Path, help="draw every suite into this folder (needs matplotlib)")
    parser.add_argument("--over-seeds", action="store_true", help="one column for runs that differ in the seed alone")
    args = parser.parse_args()
    try:
        runs = load(args.results)
        text = markdown(seeds.merge(runs) if args.over_seeds else runs)
        if args.markdown:
            files.write(args.markdown, text)  # first: drawing takes longer, and may fail for want of matplotlib
        else:
            print(text)
        if args.plots:
            plots.draw(runs, args.plots)
    except (DeskcheckError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
