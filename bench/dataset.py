"""What training data costs: programs drawn, traced and told per second. `python -m bench.dataset --json FILE`.

One warm child with limits, as `models.dataset` uses it, on one core; then two at once, each with its own programs; and
foreign code as it costs in the sandbox. The child's figures are CPU time, which other load disturbs little; scaling and
sandbox are wall clock and mean something on an idle machine only (the JSON has the load).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing.synchronize import Barrier
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from models.config import DataConfig, SourceConfig
from models.dataset import rows
from models.dataset.records import Dropped
from models.dataset.sources import GENERATORS, Draft
from models.narrative import compact, prose
from models.sandbox import Sandbox, SandboxUnavailable
from models.trace.jailed import Jail
from models.trace.limits import limit_child
from models.trace.tracer import trace
from models.trace.types import Trace, TraceRejected
from workers.pipeline.types import IOTest

NARRATE: dict[str, Callable[[str, Trace, str], str]] = {
    "compact": lambda code, run, _io: compact.narrate(code, run),
    "prose": lambda code, run, io: prose.narrate(code, run, io),
}

STEPS = ("draw", "trace", "compact", "prose", "whole row")


def main() -> None:
    """Measure every generator, the scaling and the sandbox; print tables, and write JSON if asked."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--programs", type=int, default=3000)
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    facts: dict[str, Any] = {"load": os.getloadavg()[0], "cores": os.cpu_count(), "python": platform.python_version()}
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), limit_child) as pool:
        warm = [pool.submit(one_core, kind, chosen.programs, 0).result() for kind in GENERATORS]
    facts["child"] = warm
    facts["scaling"] = [scaling(processes, chosen.programs) for processes in (1, 2)]
    facts["sandbox"] = sandboxed(max(20, chosen.programs // 20))
    show(facts)
    if chosen.json:
        chosen.json.write_text(json.dumps(facts, indent=1))


def drafts(kind: str, count: int, seed: int) -> list[Draft]:
    """`count` predict drafts of one generator."""
    rng, found = Random(f"{kind}:{seed}"), list[Draft]()
    while len(found) < count:
        try:
            found.append(GENERATORS[kind](SourceConfig(kind, wrong=0.45), rng))
        except Dropped:
            continue
    return found


def one_core(kind: str, count: int, seed: int) -> dict[str, Any]:
    """CPU seconds that each step takes for `count` programs of one generator, in this process."""
    drafts(kind, 50, -1)  # warm: modules, caches
    started = time.process_time()
    found = drafts(kind, count, seed)
    seconds: dict[str, float] = dict.fromkeys(STEPS, 0.0) | {"draw": time.process_time() - started}
    told, steps, endless = 0, 0, 0.0
    for draft in found:  # one after the other and none kept, as rows are made
        source = draft.source
        started = time.process_time()
        try:
            run = trace(source.code, source.io, source.entry_point, source.inputs[0])
        except TraceRejected:
            run = None
        took = time.process_time() - started
        seconds["trace"] += took
        if run is None:
            continue
        told, steps, endless = told + 1, steps + len(run.steps), endless + took * run.endless
        for style, narrate in NARRATE.items():
            started = time.process_time()
            narrate(source.code, run, source.io)
            seconds[style] += time.process_time() - started
    seconds["whole row"] = _whole(found)
    per_program = {name: 1e6 * value / count for name, value in seconds.items()}
    return {
        "kind": kind, "programs": count, "told": told, "steps": steps / max(1, told),
        "microseconds": per_program,
        "share of endless runs": endless / seconds["trace"],
        "traced and told/s": 1e6 / (per_program["trace"] + per_program["compact"]),
        "rows/s": count / (seconds["draw"] + seconds["whole row"]),
    }  # fmt: skip


def _whole(found: list[Draft]) -> float:
    """CPU seconds for everything after the draw: trace, narrative, prompt, reading back, key."""
    config, rng = DataConfig("bench", (SourceConfig("drill"),), raising=1.0), Random(0)
    started = time.process_time()
    for draft in found:
        try:
            rows.make(draft, config, rng)
        except Dropped:
            continue
    return time.process_time() - started


def _traced(count: int, seed: int) -> int:
    """Draw, trace and tell programs of the random generator; how many could be told."""
    told = 0
    for draft in drafts("random", count, seed):
        source = draft.source
        try:
            compact.narrate(source.code, trace(source.code, source.io, source.entry_point, source.inputs[0]))
        except TraceRejected:
            continue
        told += 1
    return told


def scaling(processes: int, count: int) -> dict[str, Any]:
    """Programs per second with this many children at once, all of them ready; the same programs however many."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(processes + 1)
    with context.Pool(processes, _warm, (ready,)) as pool:
        ready.wait(120)
        started = time.perf_counter()
        told = sum(pool.starmap(_traced, [(count // 2, seed) for seed in range(8)], chunksize=1))
        seconds = time.perf_counter() - started
    return {"processes": processes, "programs/s": told / seconds}


def _warm(ready: Barrier) -> None:
    limit_child()
    _traced(50, -1)
    ready.wait(120)


def sandboxed(count: int) -> dict[str, Any] | None:
    """Programs per second in the sandbox, run once and traced as a corpus is; None where no tier works."""
    found = [draft.source for draft in drafts("random", count, 0)]
    try:
        sandbox = Sandbox()
    except SandboxUnavailable as error:
        Console(stderr=True).print(f"skipped: {error}")
        return None
    with sandbox:
        sandbox.run("pass")
        started = time.perf_counter()
        for source in found:
            sandbox.run_tests(source.code, [IOTest(source.inputs[0])], source.io, source.entry_point)
        seconds = time.perf_counter() - started
    with Jail() as jail:
        started = time.perf_counter()
        for source in found:
            with suppress(TraceRejected):
                jail.trace(source.code, source.io, source.entry_point, source.inputs[0])
        traced = time.perf_counter() - started
    return {"tier": str(sandbox.tier), "runs/s": count / seconds, "traced/s": count / traced}


def show(facts: dict[str, Any]) -> None:
    """The figures as tables."""
    table = Table("", *(row["kind"] for row in facts["child"]), title=f"CPU time, load {facts['load']:.1f}")
    lines: dict[str, Callable[[dict[str, Any]], str]] = {
        "steps of a run": lambda row: f"{row['steps']:.1f}",
        **{f"{step}, µs": lambda row, step=step: f"{row['microseconds'][step]:.0f}" for step in STEPS},
        "endless runs, share of trace": lambda row: f"{100 * row['share of endless runs']:.0f} %",
        "traced and told (compact)/s": lambda row: f"{row['traced and told/s']:.0f}",
        "rows/s": lambda row: f"{row['rows/s']:.0f}",
    }
    for name, cell in lines.items():
        table.add_row(name, *map(cell, facts["child"]))
    Console().print(table)
    one, two = (row["programs/s"] for row in facts["scaling"])
    Console().print(f"drawn, traced and told: 1 process {one:.0f}/s, 2 processes {two:.0f}/s ({two / one:.2f} times)")
    if facts["sandbox"]:
        tier, rate, traced = facts["sandbox"].values()
        Console().print(f"foreign code in the sandbox ({tier}): run {rate:.0f}/s, traced and confirmed {traced:.0f}/s")


if __name__ == "__main__":
    main()
