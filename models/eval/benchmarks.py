"""Benchmark files → what is evaluated: programs to predict, problems to solve, pairs of a right and a wrong program.

For evaluation alone: no stage that makes training data may import this (`tests/test_layers.py`). The forms are JSON
Lines with the fields `id, statement, entry_point, io, public_tests, private_tests, reference_solution` (and `tol`,
`checker` where they are needed), CRUXEval, self-fix sets with `buggy_code` and `fixed_code`, and LiveCodeBench. A row
that does not fit is counted with its reason, never skipped in silence.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from workers.pipeline.errors import InputError
from workers.pipeline.syntax import PARSE_ERRORS
from workers.pipeline.types import Io, IOTest, Problem

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """A problem and the tests that grade it."""

    problem: Problem
    hidden: tuple[IOTest, ...]
    reference: str = ""
    """A program that solves it, where the benchmark has one."""
    folds: bool = False
    """Letters' case counts for nothing in its outputs. For grading alone: the pipeline's `Problem` does not know it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A right and a wrong program for one problem, written by others."""

    id: str
    statement: str
    io: Io
    entry_point: str | None
    right: str
    wrong: str
    tests: tuple[IOTest, ...]
    """The benchmark's tests; which of them the wrong program fails is found by running it."""


@dataclass(slots=True)
class Read:
    """What could be read of a file."""

    tasks: list[Task] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    """Reason → rows that could not be used."""


def lines(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSON Lines file, or of a JSON array. Raises InputError."""
    try:
        text = path.read_text(encoding="utf-8")
        rows = json.loads(text) if text.startswith("[") else [json.loads(s) for s in text.split("\n") if s.strip()]
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {error}") from error
    if not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{path}: every row must be a JSON object")
    return list(rows)


def read(rows: Sequence[Row]) -> Read:
    """Problems, and pairs from rows that hold a wrong and a right program."""
    out = Read()
    for number, row in enumerate(rows, 1):
        try:
            if "buggy_code" in row:
                out.pairs.append(_pair(row))
            else:
                out.tasks.append(_task(row))
        except _Unusable as reason:
            out.left_out[str(reason)] += 1
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"row {number} is not of a known form: {error!r}") from error
    return out


class _Unusable(Exception):
    """A row that is well formed and cannot be evaluated here; the text is the reason that is counted."""


def _task(row: Row) -> Task:
    io, name = row["io"], row["entry_point"]
    if name in ("", None) and io == "function":
        raise _Unusable("no entry point")
    public, hidden = (tuple(_tests(row, row[part])) for part in ("public_tests", "private_tests"))
    if not hidden:
        raise _Unusable("no hidden tests")
    problem = Problem(row["statement"], io, name, public, row.get("starter_code"), _checker(row), str(row["id"]))
    return Task(problem, hidden, row.get("reference_solution") or "", _folds(row))


def _pair(row: Row) -> Pair:
    tests = tuple(_tests(row, row["tests"]))
    if row.get("wrap"):
        raise _Unusable("its outputs are compared after a conversion")
    if not tests:
        raise _Unusable("tests are code, not inputs and outputs")
    return Pair(str(row["id"]), row["statement"], row.get("io") or "function", row["entry_point"], row["fixed_code"],
                row["buggy_code"], tests)  # fmt: skip


def _checker(row: Row) -> Literal["exact", "tokens"]:
    return "tokens" if isinstance(row.get("checker"), dict) and row["checker"].get("type") == "tokens" else "exact"


def _folds(row: Row) -> bool:
    """Only where the row says so: what is compared in general is compared with its case."""
    return isinstance(row.get("checker"), dict) and row["checker"].get("case_sensitive") is False


def _tests(row: Row, tests: Sequence[Row]) -> Iterator[IOTest]:
    checker = row.get("checker")
    tol = checker.get("float_tol") if isinstance(checker, dict) else None
    for test in tests:
        given = test["input"] if row.get("io") == "stdio" else arguments(test["input"], row["entry_point"])
        yield IOTest(given, test["output"], test.get("tol", tol))


def arguments(text: str, entry_point: str) -> str:
    """The argument list of a call expression `entry_point(…)`; any other text is an argument list already."""
    try:
        call = ast.parse(text.strip(), mode="eval").body
    except PARSE_ERRORS:
        return text
    if not isinstance(call, ast.Call) or ast.unparse(call.func) != entry_point:
        return text
    named = [f"{k.arg}={ast.unparse(k.value)}" if k.arg else f"**{ast.unparse(k.value)}" for k in call.keywords]
    return ", ".join([*map(ast.unparse, call.args), *named])
