"""What a walk through a program knows of its values: those that come from the input, and plain ones.

A plain value (int, str, list, range, None) stands for itself, a function of the program for its syntax tree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from models.programs.stdin.lines import Line, Word

UNKNOWN = object()
"""A value that the walk does not follow."""
NEXT = object()
"""The next line, which is read when a loop comes to it."""


@dataclass(frozen=True, slots=True)
class Number:
    """A word that was made a number."""

    word: Word


@dataclass(frozen=True, slots=True)
class Words:
    """A line that was split, from its word `start` on."""

    line: Line
    start: int = 0


@dataclass(frozen=True, slots=True)
class Letters:
    """The characters of a line."""

    line: Line


@dataclass(slots=True)
class Lines:
    """All lines of the input, from `start` on; found when they are looked at."""

    found: list[Line]
    start: int = 0


@dataclass(slots=True)
class Stream:
    """All words of the input, whatever line they are in, from `start` on; `next` takes the one at `at`."""

    found: list[Word]
    kind: str = ""
    start: int = 0
    at: int = 0


@dataclass(frozen=True, slots=True)
class Computed:
    """Arithmetic on numbers that are not drawn yet."""

    of: Callable[[int, int], int]
    left: Any
    right: Any


@dataclass(frozen=True, slots=True)
class Named:
    """What reads: `stdin`, its `read`, `readline` and `readlines`; and `all`, the text that `read` gave."""

    name: str


@dataclass(slots=True)
class Frame:
    """The names of a call."""

    names: dict[str, Any] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    """Names that are declared `global` or `nonlocal`."""
