"""What a split or a part has taken so far, and which rows are taken together: both verdicts of a pair, or neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

PAIRED = "verify"
"""The task whose rows come in pairs, one that passes and one that fails, next to each other wherever rows have an
order."""
HALF = "half of a pair"
"""What is counted for a row whose other half had no room: a part has a row less then."""

Row = dict[str, Any]
"""A row, or the columns `id`, `task` and `key` of one."""


@dataclass(slots=True)
class Kept:
    """What has been taken; says why the next rows are not taken."""

    same_program: int
    ids: set[str] = field(default_factory=set)
    programs: Counter[tuple[str, str]] = field(default_factory=Counter)

    def why_not(self, *rows: Row) -> str | None:
        """The reason to drop all of these rows, or None: they are counted as taken then.

        A program counts once for all of them: a pair may be about one program.
        """
        ids, programs = {row["id"] for row in rows}, {(row["task"], row["key"]) for row in rows}
        if len(ids) < len(rows) or ids & self.ids:
            return "equal row"
        if any(self.programs[program] >= self.same_program for program in programs):
            return "equal program"
        self.ids |= ids
        self.programs.update(programs)
        return None


def together(rows: Iterable[Row]) -> Iterator[tuple[Row, ...]]:
    """The rows in order, alone or in pairs; one whose other half is missing at the end is alone."""
    half: list[Row] = []
    for row in rows:
        if row["task"] != PAIRED:
            yield (row,)
            continue
        half.append(row)
        if len(half) == 2:
            yield tuple(half)
            half = []
    if half:
        yield tuple(half)
