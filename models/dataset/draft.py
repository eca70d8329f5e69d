"""A training task before anything was run: what sources give, and rows are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.narrative.explanation import Explanation
from models.programs.source import Source
from workers.pipeline.types import Problem

Task = Literal["predict", "solve", "fix", "verify"]
"""What a row asks of a model."""


@dataclass(frozen=True, slots=True)
class Posed:
    """A stated problem, and what its tests and its further solutions are made from."""

    problem: Problem
    """Without tests: they have to be run first."""
    inputs: tuple[str, ...]
    """Ordinary inputs, all different, more than are needed."""
    edges: tuple[str, ...]
    """Edge cases, which the right programs may raise on."""
    writings: tuple[str, ...] = ()
    """Further right programs, no two equal up to names and literals: an input on which they disagree is no test."""
    solutions: int = 1
    """Most rows of a `solve` draft, one for each right program."""
    public: int = 3
    """Tests shown with the statement; likewise below."""
    hidden: int = 8


@dataclass(frozen=True, slots=True)
class Draft:
    """A task before anything was run."""

    task: Task
    source: Source
    """The program of `predict` (its first input counts), the answer of `solve` and `fix`, the right one of `verify`."""
    posed: Posed | None = None
    """What `solve`, `fix` and `verify` state."""
    wrong: str = ""
    """A program for the same problem that fails some test: what `fix` repairs, and whose outcomes it shows; what
    `verify` judges in at least one of its two rows."""
    right: str = ""
    """Of a wrong program to predict: the right one, which some input must tell from it."""
    slip: str = ""
    """How the wrong program came about: a mutation operator, or `NEAR_MISS`."""
    guessed: bool = False
    """The source's inputs are guesses: the first one that the program's types allow counts."""
    alarm: bool = False
    """A false alarm: `fix` shows the right program with the outcomes of the wrong one, as a slip of the simulation
    would have them, and the answer is the program as it is."""
    difficulty: float | None = None
    """0 to 1, where the source grades its programs."""
    explanation: Explanation | None = None
    """The run on the first input, and what a model said of it: nothing has to be run."""

    def solutions(self) -> int:
        """How many rows are wanted of it, a pair counted as one."""
        return self.posed.solutions if self.posed and self.task == "solve" else 1

    def programs(self) -> tuple[str, ...]:
        """Every program that a row of this draft may show or answer with."""
        further = self.posed.writings if self.posed else ()
        return tuple(code for code in (self.source.code, self.wrong, self.right, *further) if code)


NEAR_MISS = "near miss"
"""The slip of a program that is right for a similar problem: another operation, parameter or order."""
