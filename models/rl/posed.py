"""Rows of a data set that state a problem with tests → problems to solve, and pairs of programs to tell apart.

What makes a row useless is raised as `Dropped`, to be counted. No program is run: outputs in a data set were observed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from models.dataset.records import Dropped
from models.rl.config import PoolConfig
from models.rl.data import Row
from models.rl.rows import SolveRow, VerifyRow
from workers.pipeline import compare
from workers.pipeline.prompts import tagged
from workers.pipeline.syntax import laid_out, parse
from workers.pipeline.types import IOTest, Problem

Key = tuple[str, str | None]
"""What makes two rows one problem: statement and entry point."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A right and a wrong program for one problem, and a test that tells them apart. It may be shown."""

    problem: Problem
    right: str
    wrong: str
    test: IOTest

    def row(self, passes: bool) -> VerifyRow:
        """One of the two programs with the test: whichever it is, the test says nothing of the answer."""
        return VerifyRow(self.problem, self.right if passes else self.wrong, self.test, passes)

    def given(self) -> tuple[Key, str]:
        """The problem and the input of the test, as `hidden` has them."""
        return key(self.problem), form(self.test.input, self.problem.io)


def problem(row: Row, config: PoolConfig, seed: int) -> SolveRow:
    """The problem of a row, with at most as many public and hidden tests as are configured. Raises `Dropped`.

    A hidden input is none that the row's own prompt shows, and no constant passes the hidden tests.
    """
    stated = _stated(row)
    shown = _distinct(row, public=True)
    if not shown:
        raise Dropped("no public test")
    hidden = [test for form, test in _distinct(row, public=False).items() if form not in shown]
    chosen = Random(f"{seed}:{stated.statement}").sample(hidden, min(len(hidden), config.hidden))  # edge cases go first
    if len({compare.key(test.output or "", stated.io) for test in chosen}) < 2:
        raise Dropped("one answer passes every hidden test")
    public = tuple(shown.values())[: config.public]
    return SolveRow(_problem(stated, public), tuple(chosen))


def pair(row: Row) -> Pair:
    """The two programs of a row that has a wrong one, with the public test that it fails. Raises `Dropped`."""
    stated, right, wrong = _stated(row), row["right_program"], row["wrong_program"]
    if right is None or row["failing_input"] is None:
        raise Dropped("no right program or no test")
    if _same(right, wrong):
        raise Dropped("both programs are the same")
    test = _distinct(row, public=True).get(form(row["failing_input"], stated.io))
    if test is None:
        raise Dropped("no public test tells the programs apart")
    return Pair(_problem(stated, ()), right, wrong, test)


def key(stated: Problem) -> Key:
    """What tells a problem from others."""
    return stated.statement.strip(), stated.entry_point


def form(given: str, io: str) -> str:
    """An input as prompts show it: two that look alike there are the same."""
    return given.strip("\n") if io == "stdio" else tagged.literal(given.strip(), "function")


def hidden(rows: Iterable[SolveRow]) -> set[tuple[Key, str]]:
    """The hidden inputs of problems, in the form that prompts show."""
    return {(key(row.problem), form(test.input, row.problem.io)) for row in rows for test in row.hidden}


def _stated(row: Row) -> Problem:
    """The problem without tests; its starter code is the head of the right program. Raises `Dropped`."""
    if not row["statement"]:
        raise Dropped("no statement")
    if not row["tests"]:
        raise Dropped("no tests")
    entry = row["entry_point"]
    if row["io"] == "function" and not entry:
        raise Dropped("no entry point")
    starter = _head(row["right_program"] or row["program"], entry) if entry else None
    return Problem(row["statement"], row["io"], entry, (), starter)


def _problem(stated: Problem, public: tuple[IOTest, ...]) -> Problem:
    return Problem(stated.statement, stated.io, stated.entry_point, public, stated.starter_code)


def _head(code: str, entry: str) -> str:
    """The line that defines the function. Raises `Dropped` where there is none."""
    tree = parse(code)
    body = [] if isinstance(tree, str) else tree.body
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name == entry:
            told = f" -> {ast.unparse(node.returns)}" if node.returns else ""
            return f"def {entry}({ast.unparse(node.args)}){told}:"
    raise Dropped("the right program does not define the entry point")


def _distinct(row: Row, public: bool) -> dict[str, IOTest]:
    """The tests of one kind with a known output, by the form of their input: no input twice."""
    found: dict[str, IOTest] = {}
    for test in row["tests"] or ():
        if bool(test["public"]) is public and test["output"] is not None:
            found.setdefault(form(test["input"], row["io"]), IOTest(test["input"], test["output"]))
    return found


def _same(one: str, other: str) -> bool:
    return (laid_out(one) or one) == (laid_out(other) or other)
