"""Values that fit the function they are given to: longer than a glance, indices within what is indexed."""

from __future__ import annotations

import re
from random import Random
from typing import Any

from models.programs import wild

FITS = 0.8
"""How often what is searched for occurs."""
LENGTHS = {0: 3, 1: 6, 2: 10, 3: 14, 4: 16, 5: 16, 6: 13, 7: 9, 8: 6, 9: 4, 10: 2, 12: 1}
"""Items of a list → weight."""
OUTSIDE = 0.03
"""How often an index lies outside of what it is an index of."""
_ROUNDS = re.compile(r"\b(for|while)\b")
_LETTER = re.compile(r"[!=]= t\b")
"""A text that characters are compared with is one."""


def draw(kind: str, body: str, rng: Random) -> dict[str, Any]:
    """A value for every parameter of probes; `kind` is that of the value that is indexed."""
    text = wild.text(rng, rng.choice((10, 14, 18)) if _ROUNDS.search(body) else rng.choice((12, 24, wild.MOST)))
    items, more = _items(rng)
    table = _table(rng)
    size = {"text": len(text), "list": len(items), "table": len(table)}[kind]
    index = _index(size, rng)
    found = rng.choice(items) if items and rng.random() < FITS else rng.choice((*more, wild.scalar(rng)))
    key = rng.choice(list(table)) if table and rng.random() < FITS else wild.scalar(rng)
    value = rng.choice((wild.word(rng), rng.randint(-9, 99), *table.values()))
    part, other = _part(text, bool(_LETTER.search(body)), rng), wild.word(rng)[: rng.choice((1, 2, 4, 8))]
    return {
        "s": text, "t": part, "u": other,
        "l": items, "m": more, "x": found, "i": index, "j": _stop(index, size, rng), "d": table, "k": key, "v": value,
        "w": max(0, len(text) + rng.randint(-3, 12)),
    }  # fmt: skip


def _table(rng: Random) -> dict[object, object]:
    """A table whose values are mostly such as can be keys."""
    table = wild.table(rng, 8)
    while any(isinstance(value, list) for value in table.values()) and rng.random() < 0.8:
        table = wild.table(rng, 8)
    return table


def _part(text: str, letter: bool, rng: Random) -> str:
    """What is searched for: mostly a part of the text."""
    size = 1 if letter else rng.choice((1, 1, 1, 2, 3))
    at = rng.randrange(len(text)) if text else 0
    return text[at : at + size] if text and rng.random() < FITS else wild.word(rng)[:size] or " "


def _items(rng: Random) -> tuple[list[Any], list[Any]]:
    """A list, and a shorter one that shares items with it."""
    make = rng.choice((wild.ints, wild.ints, wild.words, wild.mixed))
    size = rng.choices(tuple(LENGTHS), tuple(LENGTHS.values()))[0]
    items = sized(make, size, rng)
    if size > 1 and rng.random() < 0.4:  # equal neighbours are asked for
        at = rng.randrange(size - 1)
        items[at] = items[at + 1]
    shared = [rng.choice(items) for _ in range(rng.randint(0, 3))] if items else []
    return items, [*shared, *sized(make, rng.randint(1, 3), rng)]


def sized(make: wild.Maker, size: int, rng: Random) -> list[Any]:
    """A list of so many items."""
    out: list[Any] = []
    while len(out) < size:
        out += make(rng, size)
    return out[:size]


def _index(size: int, rng: Random) -> int:
    """Of something of this size: anywhere in it."""
    if rng.random() < OUTSIDE or not size:
        return size + rng.randint(0, 3)
    return rng.randrange(size) if rng.random() < 0.9 else -rng.randint(1, size)


def _stop(start: int, size: int, rng: Random) -> int:
    """Where a slice ends: mostly behind its start."""
    if rng.random() < 0.12:
        return -rng.randint(1, 4)
    return rng.randint(min(start, size - 1), size - 1) if size else 0


def longer_text(rng: Random, difficulty: float) -> str:
    """A text for the parameter of an idiom."""
    return wild.text(rng, round(12 + 28 * difficulty))


def longer_list(make: wild.Maker) -> Any:
    """A maker of lists for the parameters of idioms."""
    return lambda rng, _: sized(make, rng.choices(tuple(LENGTHS), tuple(LENGTHS.values()))[0], rng)
