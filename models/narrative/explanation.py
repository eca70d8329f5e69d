"""Runs to be explained and explanations of them, as rows of a journal: written by one stage, read by another.

A row holds everything a training row is made of, so nobody has to run the program again.
"""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any

from models.narrative import journal
from models.programs.source import Rejected, Source
from models.trace.types import Trace
from workers.pipeline.errors import InputError
from workers.pipeline.syntax import parse

JOURNAL = "journal.jsonl"
"""Name of the journal in the folder of `python -m models.narrative`."""
KEPT = "kept"
"""The verdict on an explanation that is used; every other one is the reason why not."""
_TEXT, _MAYBE = (str,), (str, NoneType)
_FIELDS: dict[str, tuple[type, ...]] = {
    "program": _TEXT, "io": _TEXT, "entry_point": _MAYBE, "input": _TEXT, "output": _MAYBE, "raises": _MAYBE,
    "finishes": (bool,), "steps": (int,), "origin": _TEXT, "group": _TEXT, "statement": (str,),
    "correct": (bool, NoneType), "difficulty": (float, int, NoneType), "explanation": _TEXT,
}  # fmt: skip
"""What a kept row has beside `id` and `verdict`."""


@dataclass(frozen=True, slots=True)
class Task:
    """A run to be explained."""

    id: str
    source: Source
    """The program; of its inputs the first is the one it was run on."""
    run: Trace
    difficulty: float | None = None

    @property
    def given(self) -> str:
        """The input of the run."""
        return self.source.inputs[0]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A run, and what a model truly said of it."""

    id: str
    source: Source
    """The program, with the one input that the explanation is about."""
    run: Trace
    """How the run ended; its steps are not on disk."""
    steps: int
    text: str
    """The model's whole answer."""
    difficulty: float | None = None


def run_id(source: Source) -> str:
    """The id of a run: the same wherever it is drawn."""
    text = "\0".join((source.io, source.entry_point or "", source.code, source.inputs[0]))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def row(task: Task, verdict: str, answer: str | None) -> journal.Row:
    """The row of a task with the verdict on the model's answer; None where there was none.

    A dropped answer stands under `answer`, so that it is never taken for an explanation.
    """
    source, run = task.source, task.run
    facts: journal.Row = {
        "id": task.id, "verdict": verdict, "program": source.code, "io": source.io, "entry_point": source.entry_point,
        "input": task.given, "output": run.output, "raises": run.raised, "finishes": not run.endless,
        "steps": len(run.steps), "origin": source.origin, "group": source.group, "statement": source.statement,
        "correct": source.correct, "difficulty": task.difficulty,
    }  # fmt: skip
    if answer is None:
        return facts
    # half a surrogate pair, which a server may send, cannot be written
    text = answer.strip().encode(errors="replace").decode()
    return facts | {"explanation" if verdict == KEPT else "answer": text}


def read(location: str) -> list[Explanation | Rejected]:
    """The rows of a journal's folder, or of all folders that a pattern names (`runs/explained-*`), by their ids.

    What was dropped is a `Rejected` with its verdict. Raises InputError where there is no journal, and for rows of an
    earlier version that lack what a training row needs.
    """
    folders = [Path(name) for name in glob.glob(location)] or [Path(location)]  # noqa: PTH207  # Path.glob takes no absolute
    found = [item for folder in folders for item in _read(folder / JOURNAL)]
    if not found:
        raise InputError(f"{location}: the journal has no rows")
    return sorted(found, key=_place)


def _place(item: Explanation | Rejected) -> tuple[str, str]:
    """Where a row stands, whatever the order in which answers came and the names of folders: neither is to count."""
    return (item.where, item.reason) if isinstance(item, Rejected) else (item.id, item.text)


def _read(path: Path) -> Iterator[Explanation | Rejected]:
    for found in journal.read(path):
        verdict = found.get("verdict")
        if not isinstance(verdict, str):
            raise InputError(f"{path}: row {found['id']!r} has no verdict: no journal of models.narrative")
        yield _explanation(found, path) if verdict == KEPT else Rejected(verdict, str(found["id"]))


def _explanation(found: journal.Row, path: Path) -> Explanation:
    where = f"{path}: kept row {found['id']!r}"
    for name, kinds in _FIELDS.items():
        if name not in found:
            raise InputError(f"{where} has no {name!r}: written by an earlier version, have the runs explained anew")
        if type(found[name]) not in kinds:
            raise InputError(f"{where}: {name!r} is a {type(found[name]).__name__}")
    if found["io"] not in ("function", "stdio") or isinstance(parse(found["program"]), str):
        raise InputError(f"{where} holds no program that can be run")
    ends = (found["output"] is not None, found["raises"] is not None, not found["finishes"])
    if sum(ends) != 1:
        raise InputError(f"{where} must have exactly one outcome: an output, an exception or no end")
    return _made(found)


def _made(found: dict[str, Any]) -> Explanation:
    source = Source(
        found["program"], found["io"], found["entry_point"], (found["input"],), found["origin"], found["group"],
        found["statement"], found["correct"],
    )  # fmt: skip
    run = Trace((), found["output"], found["raises"], not found["finishes"])
    return Explanation(str(found["id"]), source, run, found["steps"], found["explanation"], found["difficulty"])
