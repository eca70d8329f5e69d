"""Rows of the pool: what an episode starts from, and the truth it is graded by. Records that go to JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from models.rl.episode import TaskName
from workers.pipeline.types import Io, IOTest, Prediction, Problem


@dataclass(frozen=True, slots=True)
class PredictRow:
    """A program, one input, and what really happens."""

    code: str
    io: Io
    entry_point: str | None
    given: str
    output: str | None
    raises: str | None = None
    finishes: bool = True
    correct: bool | None = None
    """Whether it does what a statement says; None where there is no statement."""
    told: str = ""
    """The true narrative and outcome, as training data has them; only `screen` reads it. Empty: none is at hand."""

    def truth(self) -> Prediction:
        """What really happens, in the form of a prediction."""
        return Prediction(output=self.output, raises=self.raises, finishes=self.finishes)


@dataclass(frozen=True, slots=True)
class SolveRow:
    """A problem with the tests that may be shown, and the hidden ones that alone decide."""

    problem: Problem
    hidden: tuple[IOTest, ...]


@dataclass(frozen=True, slots=True)
class VerifyRow:
    """A problem, a program written for it, and a test. An incorrect program comes with a test that it fails."""

    problem: Problem
    code: str
    test: IOTest
    passes: bool


Row = PredictRow | SolveRow | VerifyRow
KINDS: Mapping[TaskName, type[Row]] = {
    "predict": PredictRow, "solve": SolveRow, "repair": SolveRow, "verify": VerifyRow,
}  # fmt: skip
"""What each task starts from."""


def dump(task: TaskName, row: Row) -> dict[str, Any]:
    """A row as JSON."""
    return {"task": task, **asdict(row)}


def load(data: Mapping[str, Any]) -> tuple[TaskName, Row]:
    """The row that `dump` wrote, and its task."""
    task: TaskName = data["task"]
    values = {name: value for name, value in data.items() if name != "task"}
    if "problem" in values:
        shown = values["problem"]
        values["problem"] = Problem(**{**shown, "public_tests": _tests(shown["public_tests"])})
    if "hidden" in values:
        values["hidden"] = _tests(values["hidden"])
    if "test" in values:
        values["test"] = IOTest(**values["test"])
    return task, KINDS[task](**values)


def _tests(items: list[dict[str, Any]]) -> tuple[IOTest, ...]:
    return tuple(IOTest(**item) for item in items)
