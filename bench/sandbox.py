"""What a sandboxed run costs: warm fork server against a cold interpreter. `python -m bench.sandbox --json FILE`.

Cold is a fresh `python -I -S` per program, inside the same bubblewrap where that tier is measured, else bare: the floor
of any sandbox that starts an interpreter. Loaded machines measure slower; compare the rows with each other.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from models.sandbox import Job, Sandbox, SandboxUnavailable, Tier, launch
from workers.pipeline.types import IOTest

PROGRAM = "def f(n):\n    total = 0\n    for i in range(n):\n        total += i * i\n    return total\n"
TEST = IOTest("10", "285")
Row = dict[str, str | float | None]


def main() -> None:
    """Measure every tier that works here; print a table, and write JSON if asked."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=300)
    options.add_argument("--slots", type=int, default=os.cpu_count() or 1)
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    rows = [row for tier in Tier for row in measure(tier, chosen.runs, chosen.slots)]
    table = Table("what", "p50 ms", "p95 ms", "programs/s", title=f"one program of 5 lines, {chosen.runs} runs")
    for row in rows:
        table.add_row(*(f"{value:.1f}" if isinstance(value, float) else value for value in row.values()))
    Console().print(table)
    if chosen.json:
        chosen.json.write_text(
            json.dumps({"load": os.getloadavg()[0], "cores": os.cpu_count(), "rows": rows}, indent=1)
        )


def measure(tier: Tier, runs: int, slots: int) -> list[Row]:
    """Latency one at a time and rate with `slots` at once, warm; latency cold. Empty if the tier does not work here."""
    try:
        sandbox = Sandbox(slots, tier)
    except SandboxUnavailable as error:
        Console(stderr=True).print(f"skipped: {error}")
        return []
    with sandbox:
        warm = timed(lambda: _succeed(sandbox), runs)
        list(sandbox.map([_job()] * slots * 4))  # starts the other servers
        started = time.perf_counter()
        results = list(sandbox.map([_job()] * runs))
        rate = runs / (time.perf_counter() - started)
    assert all(result.status == "success" for [result] in results)
    cold = timed(lambda: _cold(tier), max(10, runs // 10))
    return [
        _row(f"{tier}, cold interpreter", cold, 1000 / statistics.mean(cold)),
        _row(f"{tier}, warm, one at a time", warm, 1000 / statistics.mean(warm)),
        {**_row(f"{tier}, warm, {slots} at once", warm, rate), "p50": None, "p95": None},
    ]


def timed(action: Callable[[], object], runs: int) -> list[float]:
    """Milliseconds of each run."""
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        action()
        times.append((time.perf_counter() - started) * 1000)
    return times


def _row(what: str, times: list[float], rate: float) -> Row:
    return {"what": what, "p50": statistics.median(times), "p95": statistics.quantiles(times, n=20)[-1], "rate": rate}


def _job() -> Job:
    return Job(PROGRAM, (TEST,), entry_point="f")


def _succeed(sandbox: Sandbox) -> None:
    assert sandbox.run_tests(PROGRAM, [TEST], entry_point="f")[0].status == "success"


def _cold(tier: Tier) -> None:
    command = launch.command(tier)
    prefix = command[: command.index("--") + 1] if tier is Tier.BUBBLEWRAP else []
    python = str(Path(sys.executable).resolve())
    arguments = [*prefix, python, "-I", "-S", "-c", f"{PROGRAM}\nprint(repr(f(10)))"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, env=launch.environment(), cwd="/")
    assert done.stdout == "285\n"


if __name__ == "__main__":
    main()
