"""A data set folder as `python -m models.dataset` leaves it, of rows that a test gives."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.dataset import folder, schema

RIGHT, WRONG = "def f(n):\n    return n * 2", "def f(n):\n    return n + 1"
TESTS = [(1, True), (3, True), (4, False), (5, False), (-2, False)]
"""Inputs, and whether they are public; 1 is the one on which both programs give the same."""


def row(number: int, **changes: Any) -> dict[str, Any]:
    """A predict row."""
    return dict.fromkeys(schema.COLUMNS) | {
        "id": str(number), "task": "predict", "style": "tagged", "prompt": "p", "completion": "c",
        "program": f"x = {number}", "io": "function", "entry_point": "f", "input": "1", "output": "2",
        "finishes": True, "origin": "drill", "group": "g", "split": "train", "key": "k",
    } | changes  # fmt: skip


def posed(number: int, **changes: Any) -> dict[str, Any]:
    """A fix row."""
    return row(
        number, task="fix", statement=f"Twice, {number}.", program=RIGHT, right_program=RIGHT, wrong_program=WRONG,
        failing_input="3", tests=tests(), input=None, output=None, finishes=None, **changes,
    )  # fmt: skip


def tests(*given: tuple[object, bool]) -> list[dict[str, Any]]:
    """Tests with these inputs, outputs from the right program where they are numbers."""
    return [
        {"input": str(n), "output": str(n * 2) if isinstance(n, int) else "0", "public": public, "edge": False}
        for n, public in given or TESTS
    ]


def write(path: Path, rows: Sequence[dict[str, Any]], style: str = "tagged") -> Path:
    """A finished folder with a training split of these rows, and a test split of a row that nobody may read."""
    data = path / "data"
    data.mkdir(parents=True)
    schema.write(data / "train-0.parquet", schema.table(rows, style))
    if style == "tagged":
        schema.write(data / "test-0.parquet", schema.table([row(8, program="held", split="test")], style))
    files = {f"data/{file.name}": {"sha256": folder.sha256(file)} for file in data.iterdir()}
    (path / folder.MANIFEST).write_text(json.dumps({"files": files}))
    return path
