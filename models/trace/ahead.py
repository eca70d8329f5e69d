"""What lies ahead of the items that a loop goes over, told at its head beside the item that it takes.

    for i in range(1, len(s), 2):     i = 5 to 9                        the last number of the range
    for c in text:                    c = 'n', then 'ana'               up to three characters; '' at the last
    for x in nums:                    x = 3, then [1, 4]                up to two items
    for k, v in table.items():        k = 'a', v = 1, then [('b', 2), ('c', 3)]
    for i, c in enumerate(text):      i = 2, c = 'n', then 'ana'
    for a, b in zip(xs, ys):          a = 1, b = 'x', then (2, 'y')

So what comes next is not found by searching for a value that may occur twice, and the end is seen before it comes. It
is what lies ahead when the item is taken, whatever becomes of a list in the round. Nothing is told of items that are
few, of sets, and of what is no value of builtin types.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

from models.trace.pieces import FEW
from models.trace.values import plain, steady

CHARACTERS = 3
ITEMS = 2
KEYED = frozenset({dict, type({}.items()), type({}.keys()), type({}.values())})
PAIRED = frozenset({str, list, tuple, range})
Ahead = Callable[[int], str]
"""What is told beside the item at a place."""


def ahead(items: Any) -> Ahead | None:
    """What is told of a loop over `items`; None where nothing is."""
    kind = type(items)
    if kind is range:
        last = plain(items[-1]) if items else None
        return (lambda _: f" to {last}") if last is not None else None
    if kind not in PAIRED | KEYED or len(items) <= FEW:
        return None
    most = CHARACTERS if kind is str else ITEMS
    if kind in KEYED:
        return lambda at: _then(list(islice(items, at + 1, at + 1 + most)))
    return lambda at: _then(items[at + 1 : at + 1 + most])


def backwards(items: Any) -> Ahead | None:
    """What is told of a loop over `items` from their end."""
    if type(items) is range:
        return ahead(items[::-1])
    if type(items) not in PAIRED or len(items) <= FEW:
        return None
    last, most = len(items) - 1, CHARACTERS if type(items) is str else ITEMS

    def told(at: int) -> str:
        end = last - at
        return _then(items[max(0, end - most) : end][::-1] if end <= len(items) else items[:0])

    return told


def side_by_side(each: tuple[Any, ...]) -> Ahead | None:
    """What is told of a loop over the `zip` of some: the next of each."""
    if not each or not all(type(items) in PAIRED for items in each) or min(map(len, each)) <= FEW:
        return None
    return lambda at: _then(tuple(items[at + 1] for items in each) if at + 1 < min(map(len, each)) else ())


def _then(items: Any) -> str:
    text = steady(items)
    return "" if text is None else f", then {text}"
