"""Jobs and their order: each makes one file in a process of its own, some at a time; no file is made again.

Nor is one made that only finished jobs would have needed: what nothing else needs is what is wanted.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from workers.pipeline.errors import DeskcheckError

GRACE = 20.0
"""Seconds a job has to end its own children before it is killed."""


@dataclass(frozen=True, slots=True)
class Job:
    """One file to be made."""

    name: str
    done: Path
    """Is there once the job is done."""
    work: Callable[..., None]
    """Of a module, with arguments that go from process to process."""
    arguments: tuple[Any, ...]
    needs: frozenset[str] = frozenset()
    """Names of jobs that come before."""


def needed(jobs: Sequence[Job]) -> list[Job]:
    """Those to be done, in their order: what no other job needs, what that needs, and so on, but what is done."""
    named = {job.name: job for job in jobs}
    asked = [*named.keys() - {name for job in jobs for name in job.needs}]
    found: set[str] = set()
    while asked:
        job = named[asked.pop()]
        if job.name not in found and not job.done.exists():
            found.add(job.name)
            asked += job.needs
    return [job for job in jobs if job.name in found]


def run(
    jobs: Sequence[Job],
    parallel: int,
    logs: Path,
    say: Callable[[str], None] = print,
    start: Callable[[Job, Path], BaseProcess] | None = None,
) -> list[str]:
    """Do what is needed, at most `parallel` at a time, in order as far as needs allow; the names of what is not done.

    A job that fails stops those that need it, no other. What a job prints goes to a file in `logs`. `start` begins a
    job; unless it is given, in a process of its own.
    """
    logs.mkdir(parents=True, exist_ok=True)
    start = start or _start
    waiting = needed(jobs)
    done = {job.name for job in jobs if job.done.exists()}
    spared = len(jobs) - len(done) - len(waiting)
    say(f"{len(done)} of {len(jobs)} jobs are done already" + (f", {spared} not needed any more" if spared else ""))
    running: dict[int, tuple[Job, BaseProcess, float]] = {}
    failed: list[str] = []
    try:
        while True:
            ready = [job for job in waiting if job.needs <= done]
            for job in ready[: parallel - len(running)]:
                waiting.remove(job)
                process = start(job, logs)
                running[process.sentinel] = job, process, time.monotonic()
            if not running:
                return failed + [job.name for job in waiting]
            for sentinel in wait(list(running)):
                job, process, begun = running.pop(int(sentinel))  # type: ignore[arg-type]
                process.join()
                well = process.exitcode == 0 and job.done.exists()
                (done.add if well else failed.append)(job.name)
                told = "done" if well else f"FAILED, see {_log(job, logs)}"
                say(f"{job.name}: {told} ({time.monotonic() - begun:.0f} s; {len(waiting) + len(running)} to go)")
    finally:
        _end([process for _, process, _ in running.values()])


def _start(job: Job, logs: Path) -> BaseProcess:
    process = multiprocessing.get_context("spawn").Process(target=_child, args=(job, _log(job, logs)), name=job.name)
    process.start()
    return process


def _log(job: Job, logs: Path) -> Path:
    return logs / f"{job.name.replace('/', '-').replace(' ', '-')}.log"


def _end(processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(GRACE)
        process.kill()


def _child(job: Job, log: Path) -> None:
    """One job: output to its log, an end with its parent, one line for what cannot be used."""
    with log.open("a", buffering=1, encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    _follow_parent()
    try:
        job.work(*job.arguments)
    except DeskcheckError as error:
        sys.exit(f"error: {error}")


def _follow_parent() -> None:
    """Ends as if terminated once the parent is gone, so that what this process has started is ended too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    parent = multiprocessing.parent_process()
    assert parent is not None
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
