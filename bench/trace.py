"""What a traced line costs: our tracer beside an empty `sys.settrace` hook and PySnooper. `python -m bench.trace`.

One program whose every line changes a local, run with each in turn, several times; CPU time for each line event, less
that of the bare run. The recorder alone, and with the workings of the line (operands, calls, indices), which no other
tracer tells.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

import pysnooper
from rich.console import Console
from rich.table import Table

from models.trace import tracer
from models.trace.tracer import trace
from models.trace.types import TraceLimits

CODE = """def f(n):
    total = 0
    word = ''
    last = [0, 0]
    for i in range(n):
        total = total + i
        word = str(total)
        last = [i, total]
        i = i * 2
    return total
"""
ROUNDS = 2000
LINES = 5 * ROUNDS + 5
LIMITS = TraceLimits(steps=10**9, endless_steps=10**9, seconds=600.0)


def bare() -> None:
    """The program alone."""
    _function()(ROUNDS)


def empty_hook() -> None:
    """A hook that does nothing."""
    function = _function()

    def hook(_frame: FrameType, _event: str, _arg: Any) -> Any:
        return hook

    sys.settrace(hook)
    try:
        function(ROUNDS)
    finally:
        sys.settrace(None)


def snooped() -> None:
    """PySnooper, its log kept in memory."""
    source = StringIO()
    pysnooper.snoop(source)(_function())(ROUNDS)


def recorded() -> None:
    """Our tracer without the workings of lines."""
    with patch.object(tracer, "instrument", lambda tree: tree):
        trace(CODE, "function", "f", str(ROUNDS), LIMITS)


def told() -> None:
    """Our tracer as data sets use it."""
    trace(CODE, "function", "f", str(ROUNDS), LIMITS)


def _function() -> Callable[[int], int]:
    namespace: dict[str, Any] = {}
    exec(compile(CODE, __file__, "exec"), namespace)
    function: Callable[[int], int] = namespace["f"]
    return function


RUNS = {"bare": bare, "empty settrace hook": empty_hook, "recorder": recorded, "recorder and workings": told,
        "PySnooper": snooped}  # fmt: skip


def main() -> None:
    """Measure, print a table, and write JSON if asked."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeat", type=int, default=7)
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    seconds: dict[str, list[float]] = {name: [] for name in RUNS}
    for _ in range(chosen.repeat):  # side by side, so that other load falls on all alike
        for name, run in RUNS.items():
            started = time.process_time()
            run()
            seconds[name].append(time.process_time() - started)
    base = statistics.median(seconds["bare"])
    cost = {name: 1e6 * (statistics.median(own) - base) / LINES for name, own in seconds.items() if name != "bare"}
    title = f"{LINES:,} lines, Python {platform.python_version()}"
    table = Table("", "µs per line", "times the empty hook", title=title)
    for name, each in cost.items():
        table.add_row(name, f"{each:.2f}", f"{each / cost['empty settrace hook']:.1f}")
    Console().print(table)
    if chosen.json:
        facts = {"load": os.getloadavg()[0], "python": platform.python_version(), "microseconds per line": cost}
        chosen.json.write_text(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
