"""Runs of generated programs to be explained, traced in a child process with limits."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from random import Random

from models.narrative.rewrite import Task
from models.programs import functions
from models.trace.limits import limit_child
from models.trace.tracer import TraceRejected, trace
from workers.pipeline.syntax import laid_out


def draw(count: int, seed: int) -> list[Task]:
    """`count` runs; the same for the same seed."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn, initializer=limit_child) as pool:
        return pool.submit(_draw, count, seed).result()


def _draw(count: int, seed: int) -> list[Task]:
    rng, tasks = Random(f"narrative:{seed}"), list[Task]()
    while len(tasks) < count:
        drawn = functions.draw(rng)
        code, given = laid_out(drawn.code, drawn.entry_point) or drawn.code, functions.arguments(drawn, rng)
        try:
            run = trace(code, drawn.io, drawn.entry_point, given)
        except TraceRejected:
            continue
        tasks.append(Task(f"{seed}-{len(tasks)}", code, drawn.io, drawn.entry_point, given, run))  # type: ignore[arg-type]
    return tasks
