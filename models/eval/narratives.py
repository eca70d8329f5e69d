"""`python -m models.eval.narratives RESULTS.json --suite cruxeval --data FOLDER`: where narratives go wrong, and how.

Reads what `python -m models.eval --json` wrote of a model that tells compact narratives, runs each program in the
sandbox, lays the model's narrative beside the true one, and puts the first fault of each into a class. Programs that
cannot be traced, or of which the results say nothing, are left out and counted.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.config import NARRATIVES
from models.dataset.runs import LIMITS
from models.eval import files, suites
from models.eval.faults import KINDS, Fault, Kind, first_fault
from models.eval.predicting import Item, cruxeval_items, frozen_items
from models.narrative.compact import narrate
from models.trace.jailed import Jail
from models.trace.types import TraceRejected
from workers.pipeline.errors import DeskcheckError, InputError
from workers.pipeline.prompts import tagged

STYLES = {style: workings for workings, style in NARRATIVES.items()}
Told = Mapping[str, Mapping[str, Any]]
"""The items of a suite's results by id."""
SHOWN = 120
"""Characters of a line that a list shows around the place where it goes wrong."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One predicted run: whether its outcome was right, and the first fault on the way."""

    id: str
    right: bool
    fault: Fault


def judge(items: Sequence[Item], told: Told, workings: str) -> tuple[list[Judged], Counter[str]]:
    """Every item that could be traced, and of the others the reasons.

    Raises SandboxUnavailable where nothing confines programs.
    """

    def one(item: Item) -> Judged | str:
        if item.id not in told:
            return "not in the results"
        code, made = tagged.layout(item.code, item.entry_point), told[item.id]
        try:
            run = jail.trace(code, item.io, item.entry_point, item.given, LIMITS, workings)
        except TraceRejected as error:
            return str(error)
        return Judged(item.id, made["right"], first_fault(made["narrative"], narrate(code, run), code, made["right"]))

    with Jail() as jail, ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(one, items))
    left_out = Counter(reason for reason in found if isinstance(reason, str))
    return [judged for judged in found if isinstance(judged, Judged)], left_out


def load(path: Path, suite: str) -> tuple[Told, str]:
    """The suite's items by id, and the narrative style. Raises InputError for what this cannot be done with."""
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
        told = {item["id"]: {key: item[key] for key in ("right", "narrative")} for item in results[suite]["items"]}
        style = results["about"].get("narrative_style")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: no results of {suite} by python -m models.eval --json: {error!r}") from error
    if style is None:
        raise InputError(f"{path}: written before results told the narrative style; evaluate again")
    if style not in STYLES:
        raise InputError(f"{path}: narratives of style {style}; only {' and '.join(STYLES)} are told line by line")
    return told, style


def markdown(judged: Sequence[Judged], left_out: Counter[str]) -> str:
    """Classes with their counts, operations within them, and every wrong item with the lines that differ."""
    wrong = [one for one in judged if not one.right]
    return "\n".join([
        f"{len(judged)} programs, {len(wrong)} outcomes wrong; left out: {sum(left_out.values())}", "",
        *(f"- left out, {reason}: {count}" for reason, count in left_out.most_common()), *[""] * bool(left_out),
        *_table(("first fault", "wrong", "right all the same", "meaning"), _kinds(judged)), "",
        *_table(("fault", "operation", "wrong", "right all the same"), _operations(judged)), "",
        *(line for one in wrong for line in _item(one)),
    ])  # fmt: skip


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield "| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |"


def _kinds(judged: Sequence[Judged]) -> Iterator[Sequence[object]]:
    counts = Counter[tuple[Kind, bool]]((one.fault.kind, one.right) for one in judged)
    for kind, meaning in KINDS.items():
        yield kind, counts[kind, False], counts[kind, True], meaning


def _operations(judged: Sequence[Judged]) -> Iterator[Sequence[object]]:
    counts = Counter((one.fault.kind, one.fault.operation, one.right) for one in judged if one.fault.operation)
    both = Counter[tuple[Kind, str]]()
    for (kind, operation, _), count in counts.items():
        both[kind, operation] += count
    for (kind, operation), _ in both.most_common():
        yield kind, f"`{operation}`", counts[kind, operation, False], counts[kind, operation, True]


def _item(one: Judged) -> Iterator[str]:
    fault = one.fault
    yield f"- `{one.id}` {fault.kind} {fault.operation}".rstrip() + (f", step {fault.line}" if fault.line else "")
    if fault.line:
        at = max(0, fault.at - SHOWN // 2)
        yield f"  - true: {_code(fault.true, at)}"
        yield f"  - told: {_code(fault.told, at)}"


def _code(line: str, at: int) -> str:
    """A part of a line as code, whatever backticks it holds."""
    text = ("…" if at else "") + line[at : at + SHOWN] + ("…" if len(line) > at + SHOWN else "")
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{text}{fence}" if len(fence) == 1 else f"{fence} {text} {fence}"


def main() -> None:
    """Read, run, lay side by side, and write or print."""
    parser = argparse.ArgumentParser(prog="python -m models.eval.narratives", description=__doc__)
    predicted = [name for name, suite in suites.SUITES.items() if suite.kind == "predict"]
    parser.add_argument("results", type=Path)
    parser.add_argument("--suite", choices=predicted, default="programs")
    parser.add_argument("--data", type=Path, help="folder of benchmark files, or the suite's file")
    parser.add_argument("--markdown", type=Path, help="write here instead of printing")
    args = parser.parse_args()
    try:
        told, style = load(args.results, args.suite)
        rows = suites.rows(args.suite, args.data)
        items = frozen_items(rows) if args.suite in suites.FROZEN else cruxeval_items(rows)
        if not told.keys() & {item.id for item in items}:
            raise InputError(f"{args.results}: its items of {args.suite} are not those of the data")
        if args.markdown:
            args.markdown.parent.mkdir(parents=True, exist_ok=True)  # now, not when all has been run
        text = markdown(*judge(items, told, STYLES[style]))
        if args.markdown:
            files.write(args.markdown, text + "\n")
        else:
            print(text)
    except (DeskcheckError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
