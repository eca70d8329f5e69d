"""What small steps are written with: copies of texts in pieces, items with their numbers, and how much is told.

It knows nothing of operations: `spelled` and `stepped` do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from models.trace.values import in_order, steady

FEW = 4
"""What so many items are is seen at a glance."""
NEAR = 2
"""An index up to it, from either end, is found without counting."""
PIECE = 5
MANY = 30
"""A longer list is not spelled out, nor is a text of more than twice as many characters."""
LONGEST = 160
"""Characters of what is told of one operation."""
Told = str | None
Keywords = dict[str, Any]


def short(told: Told) -> Told:
    """What is told of an operation, if it is not too much."""
    return told if told and len(told) <= LONGEST else None


def listed(value: Any) -> list[str] | None:
    """repr of each item or key, sets in order; None if there are many, or some are not of builtin types."""
    if len(value) > (2 * MANY if type(value) is str else MANY):
        return None
    reprs = [steady(one) for one in value]
    if None in reprs:
        return None
    return [repr(one) for one in in_order(value)] if type(value) is set else reprs  # type: ignore[return-value]


def pieces(text: str, stops: Iterable[int], mark: str = "", start: int = 0) -> str:
    """A text from `start` to the last of `stops`, cut at each and into fives; a mark stands at all but the last."""
    out, at = [], start
    stops = [min(stop, len(text)) for stop in stops]
    for number, stop in enumerate(stops, 1):
        while stop - at > PIECE:
            at += PIECE
            out.append(f"{text[at - PIECE : at]!r}{at}")
        out.append(f"{text[at:stop]!r}{stop}{mark if number < len(stops) else ''}")
        at = stop
    return " ".join(out)


def numbered(items: Sequence[Any], stop: int, first: int = 0) -> Told:
    """Items from the start to `stop` with their numbers; from the end back to it if it is negative."""
    reprs = listed(items)
    if not reprs:
        return None
    if stop < 0:
        return " ".join(f"{at}:{reprs[at]}" for at in range(-1, max(stop, -len(reprs)) - 1, -1))
    return " ".join(f"{at}:{text}" for at, text in enumerate(reprs[:stop], first))


def searched(text: str, args: tuple[Any, ...]) -> bool:
    """Whether this is a search for one text in all of another one that is neither short nor too long."""
    return len(args) == 1 and type(args[0]) is str and args[0] != "" and FEW < len(text) <= 2 * MANY


def found_at(items: Sequence[Any], needle: Any) -> int:
    """Where an item is that is another one, or equal to it; the number of items where none is."""
    return next((at for at, one in enumerate(items) if one is needle or one == needle), len(items))
