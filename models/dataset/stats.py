"""Figures of a data set, from its files alone: what the card tells and the plots show."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.dataset import schema
from workers.pipeline import parse
from workers.pipeline.types import Completion, FinishReason, Verdict

SAMPLE = 20_000
"""Programs that operations are counted in, the first ones of the data set."""
_COLUMNS = (
    "task", "origin", "split", "prompt", "completion", "statement", "program", "io", "entry_point", "output", "raises",
    "finishes", "steps", "tests", "wrong_program", "slip", "correct", "style",
)  # fmt: skip


@dataclass(slots=True)
class Stats:
    """Counts over all rows; lengths are in characters, steps in lines of a trace."""

    rows: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By origin, task and split."""
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By origin and outcome (`output`, `raises X`, `does not finish`); predict rows alone."""
    prompts: list[int] = field(default_factory=list)
    completions: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    """Lines of each program."""
    steps: list[int] = field(default_factory=list)
    solutions: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """Solve rows of each problem, which is known by its statement and the function it asks for."""
    tests: list[int] = field(default_factory=list)
    """Tests of each row that has some."""
    slips: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Wrong programs by how they came about and task."""
    alarms: int = 0
    """Fix rows whose program is right."""
    verdicts: Counter[tuple[bool, Verdict]] = field(default_factory=Counter)
    """Verify rows by whether the program is right, and by what they answer."""
    operations: Counter[str] = field(default_factory=Counter)
    """Statements, operators, methods and builtins: programs that hold them."""
    programs: int = 0
    """Programs that operations were counted in."""
    examples: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The first row of each task."""

    def add(self, row: dict[str, Any]) -> None:
        """Count one row."""
        self.rows[row["origin"], row["task"], row["split"]] += 1
        self.examples.setdefault(row["task"], row)
        self.prompts.append(len(text(row["prompt"])))
        self.completions.append(len(text(row["completion"])))
        self.lines.append(row["program"].count("\n") + 1)
        if row["task"] == "predict":
            self.outcomes[row["origin"], _outcome(row)] += 1
            self.steps.append(row["steps"])
        self._add_problem(row)
        if self.programs < SAMPLE:
            self.programs += 1
            self.operations.update(set(operations(row["program"])))

    def _add_problem(self, row: dict[str, Any]) -> None:
        """Count what a row tells of its problem: solutions, tests, and how its program is wrong."""
        if row["task"] == "solve":
            self.solutions[row["statement"], row["io"], row["entry_point"] or ""] += 1
        if row["tests"]:
            self.tests.append(len(row["tests"]))
        if row["task"] == "verify":
            answer = Completion(text(row["completion"]), FinishReason.STOP)
            self.verdicts[row["correct"], parse.verdict(answer, row["style"])] += 1
        if row["task"] == "fix" and row["correct"]:
            self.alarms += 1
        elif row["wrong_program"] is not None:
            self.slips[row["slip"], row["task"]] += 1


def collect(files: Iterable[Path]) -> Stats:
    """Figures over these files, one in memory at a time."""
    stats = Stats()
    for path in files:
        for row in schema.read(path, _COLUMNS).to_pylist():
            stats.add(row)
    return stats


def text(value: str | Sequence[dict[str, str]]) -> str:
    """A prompt or completion as one text."""
    return value if isinstance(value, str) else "\n\n".join(message["content"] for message in value)


def _outcome(row: dict[str, Any]) -> str:
    if row["raises"] is not None:
        return f"raises {row['raises']}"
    return "output" if row["finishes"] else "does not finish"


def operations(code: str) -> Iterator[str]:
    """What a program uses: `for`, `+`, `.append`, `len()` …; may repeat."""
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)):
                yield f".{name}()"
            case ast.Call(func=ast.Name(id=name)) if name in _BUILTINS:
                yield f"{name}()"
            case ast.BinOp(op=op) | ast.AugAssign(op=op) | ast.UnaryOp(op=op):
                yield type(op).__name__
            case ast.Compare(ops=ops):
                yield from (type(op).__name__ for op in ops)
            case ast.stmt() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp() | ast.Lambda():
                yield type(node).__name__
            case ast.Slice() | ast.Subscript() | ast.IfExp() | ast.BoolOp() | ast.JoinedStr():
                yield type(node).__name__


_BUILTINS = frozenset({
    "abs", "all", "any", "bin", "bool", "chr", "dict", "divmod", "enumerate", "filter", "float", "frozenset", "hex",
    "input", "int", "isinstance", "iter", "len", "list", "map", "max", "min", "next", "ord", "pow", "print", "range",
    "repr", "reversed", "round", "set", "sorted", "str", "sum", "tuple", "type", "zip",
})  # fmt: skip


def quantile(values: Sequence[int], share: float) -> int:
    """The value that `share` of the values do not exceed; 0 where there are none."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0
