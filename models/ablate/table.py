"""`python -m models.ablate.table FOLDER --markdown FILE --plots FOLDER`: what the experiments of a folder have found.

Of each experiment one table of figures, one or two of differences, and one plot. Unfinished ones are shown as far as
they are, with the number of seeds.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.ablate import plots, results
from models.ablate.experiments import EXPERIMENTS, Experiment, Row
from models.ablate.intervals import Interval, by_figure, difference, interval
from models.ablate.results import Result
from workers.pipeline.errors import DeskcheckError, InputError


@dataclass(frozen=True, slots=True)
class Found:
    """Results of one experiment: for each arm those of its seeds that are there."""

    experiment: Experiment
    arms: dict[str, list[Result]]

    def rows(self) -> list[Row]:
        """Rows of the table."""
        return [(arm, part) for arm, made in self.arms.items() for part in made[0].rows]

    def figure(self, row: Row, column: str) -> Interval | None:
        """One cell; None where the row has no such figure."""
        arm, part = row
        runs = by_figure([result.rows[part] for result in self.arms[arm]], column)
        return interval(runs) if runs else None

    def against(self, row: Row, other: Row, column: str) -> Interval | None:
        """One cell of the differences."""
        runs, others = (by_figure([r.rows[part] for r in self.arms[arm]], column) for arm, part in (row, other))
        return difference(runs, others) if runs and others else None

    def between(self, row: Row, columns: tuple[str, str]) -> Interval | None:
        """One figure of a row less another one."""
        arm, part = row
        runs, others = (by_figure([r.rows[part] for r in self.arms[arm]], column) for column in columns)
        return difference(runs, others) if runs and others else None


def load(out: Path) -> list[Found]:
    """What is there, experiment by experiment. Raises InputError where there is nothing."""
    found = []
    for name, define in EXPERIMENTS.items():
        if not (out / f"{name}.json").exists():
            continue
        index: dict[str, list[str]] = json.loads((out / f"{name}.json").read_text(encoding="utf-8"))
        arms = {arm: [results.read(out / p) for p in paths if (out / p).exists()] for arm, paths in index.items()}
        if whole := {arm: made for arm, made in arms.items() if made}:
            found.append(Found(define(), whole))
    if not found:
        raise InputError(f"{out}: no results of python -m models.ablate")
    return found


def markdown(found: Sequence[Found]) -> str:
    """All tables."""
    return "\n".join(line for one in found for line in _section(one))


def _section(found: Found) -> Iterator[str]:
    experiment, rows = found.experiment, found.rows()
    yield from (f"### {experiment.name}", "", experiment.question, "")
    spent = any(result.tokens for made in found.arms.values() for result in made)
    head = ["", "seeds", *(["tokens trained"] if spent else []), *experiment.columns]
    yield from _head(head)
    for row in rows:
        made = found.arms[row[0]]
        cells = [str(len(made)), *([_tokens(made)] if spent else [])]
        yield _line([label(row), *cells, *(_cell(found.figure(row, c), experiment, c) for c in experiment.columns)])
    yield ""
    if pairs := compared(experiment, rows):
        yield from _head(["difference", *experiment.columns])
        for row, base in pairs:
            cells = [_cell(found.against(row, base, c), experiment, c, "+") for c in experiment.columns]
            yield _line([f"{label(row)} − {label(base)}", *cells])
        yield ""
    if experiment.between:
        yield from _head(["", *(f"{one} − {other}" for one, other in experiment.between)])
        for row in rows:
            cells = [_cell(found.between(row, pair), experiment, "", "+") for pair in experiment.between]
            yield _line([label(row), *cells])
        yield ""


def compared(experiment: Experiment, rows: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Which rows are compared with which: no row with itself, and no two rows twice."""
    pairs: list[tuple[Row, Row]] = []
    for other in experiment.against:
        for row in rows:
            base = named(other, row)
            if base in rows and base != row and (row, base) not in pairs and (base, row) not in pairs:
                pairs.append((row, base))
    return pairs


def named(other: Row, row: Row) -> Row:
    """The row that a row is compared with: empty parts are the row's own."""
    return other[0] or row[0], other[1] or row[1]


def label(row: Row) -> str:
    """What a row is called."""
    return ", ".join(part for part in row if part)


def _tokens(made: Sequence[Result]) -> str:
    low, high = min(r.tokens for r in made), max(r.tokens for r in made)
    if not high:
        return "–"
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _cell(found: Interval | None, experiment: Experiment, column: str, sign: str = "") -> str:
    """As `65.2 [61.0, 69.1] (64.1 … 66.3)`: mean, interval, least and greatest seed; shares as percentages."""
    if found is None or math.isnan(found.mean):
        return "–"
    scale, digits = (1, 0) if column in experiment.counted else (100, 1)
    mean, low, high = (f"{scale * value:{sign}.{digits}f}" for value in (found.mean, found.low, found.high))
    text = f"**{mean}** [{low}, {high}]" if sign and found.clear() else f"{mean} [{low}, {high}]"
    known = [scale * value for value in found.seeds if not math.isnan(value)]
    if len(known) < 2:
        return text
    return f"{text} ({min(known):{sign}.{digits}f} … {max(known):{sign}.{digits}f})"


def _head(names: Sequence[str]) -> Iterator[str]:
    yield _line(names)
    yield "| --- " * len(names) + "|"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Write tables and plots; the tables are printed where no file is named."""
    parser = argparse.ArgumentParser(prog="python -m models.ablate.table", description=__doc__)
    parser.add_argument("folder", type=Path, help="the --out of python -m models.ablate")
    parser.add_argument("--markdown", type=Path, help="write the tables here instead of printing them")
    parser.add_argument("--plots", type=Path, help="folder for one ablate-NAME.png each (needs matplotlib)")
    args = parser.parse_args()
    try:
        found = load(args.folder)
        text = markdown(found)
        if args.plots:
            for one in found:
                cells = {row: {c: one.figure(row, c) for c in one.experiment.columns} for row in one.rows()}
                plots.draw(one.experiment, cells, args.plots)
    except DeskcheckError as error:
        sys.exit(f"error: {error}")
    if args.markdown:
        args.markdown.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
