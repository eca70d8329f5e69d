"""`python -m models.dataset.frequencies --with F.jsonl CONFIG…`: what configurations draw for predict, and a benchmark.

The functions to compare with (JSON lines with `code` and `input`, as CRUXEval's) are run in the sandbox and only
counted; none enters training. The first column is theirs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from pathlib import Path
from random import Random

from models import config as configs
from models.config import DatasetConfig
from models.dataset import records
from models.programs.coverage import read
from models.programs.frequencies import Figures, compared
from models.trace.jailed import Jail
from models.trace.limits import limit_child
from models.trace.types import TraceRejected
from workers.pipeline.errors import DeskcheckError


def drawn(config: DatasetConfig, count: int, seed: int) -> Figures:
    """Of `count` programs as predict records have them. For a child process with limits."""
    rng, figures = Random(f"frequencies:{seed}"), Figures()
    while figures.programs < count:
        try:
            program = records.draw_program(config, rng)
            seen = records.ran(program, "spelled")
        except records.Dropped:
            continue
        figures.add(program.code, program.given, seen)
        figures.having[f"drawn: {program.origin}"] += 1
    return figures


def measured(path: Path) -> Figures:
    """Of the functions in a file. Raises InputError for another file, SandboxUnavailable."""
    figures = Figures()
    with Jail() as jail:
        for code, given in read(path):
            try:
                run = jail.trace(code, "function", "f", given, workings="spelled")
            except TraceRejected:
                run = None
            figures.add(code, given, run)
    return figures


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m models.dataset.frequencies", description=__doc__)
    parser.add_argument("configs", type=Path, nargs="+", metavar="CONFIG")
    parser.add_argument("--with", dest="path", type=Path, required=True, help="JSON lines with `code` and `input`")
    parser.add_argument("--programs", type=int, default=3000)
    parser.add_argument("--least", type=float, default=2.0, help="leave out what is less in every column")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    try:
        settings = {str(path): configs.load(path).dataset for path in args.configs}
        tables = {str(args.path): measured(args.path).table()}
    except DeskcheckError as error:
        sys.exit(f"error: {error}")
    for name, config in settings.items():
        with multiprocessing.get_context("spawn").Pool(1, limit_child) as pool:
            tables[name] = pool.apply(drawn, (config, args.programs, args.seed)).table()
    for row in compared(tables, args.least):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
