"""A program with inputs and where it came from: what generators draw, corpora hold and mutants are made of."""

from __future__ import annotations

from dataclasses import dataclass

from workers.pipeline.types import Io


@dataclass(frozen=True, slots=True)
class Source:
    """One program, before it was run."""

    code: str
    io: Io
    entry_point: str | None
    """Name of the function to call; None for `stdio`."""
    inputs: tuple[str, ...]
    """Argument lists, or texts on standard input; empty where none are known yet."""
    origin: str
    """Generator or corpus it came from."""
    group: str
    """What a split keeps together: the problem it solves, or the program it is a variant of."""
    statement: str = ""
    """The problem in words, where there is one."""
    correct: bool | None = None
    """Whether it does what the statement says; None where there is no statement, or nobody knows."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row or program that cannot be used: data, counted by its reason."""

    reason: str
    """A short fixed phrase; it is a key of the manifest's counts."""
    where: str = ""
    """File and line, or program, for whoever looks into it."""
