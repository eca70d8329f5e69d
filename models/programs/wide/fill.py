"""Filling the holes of a template: `<kind>` becomes a literal, `<kind:expression>` what can be done with a value.

What can be done with a text or a list gives another one mostly, so it is stacked: nests of two or three calls. Literals
fit the value that the function is given, the first of its arguments.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from random import Random
from string import punctuation

from models.programs.holes import until_none_is_left
from models.programs.wide import values

LAYERS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("layers.toml").read_text(encoding="utf-8"))
"""Kind of hole → expressions of `$v`."""
STACKED = {"text": "text", "size": "text", "ask": "text", "chars": "text", "ints": "ints", "words": "words"}
"""Kind of hole → kind of the layers that may lie below it."""
DEPTHS = (0, 0, 0, 1, 1, 1, 2)
"""How many lie below."""
_HOLE = re.compile(r"<([a-z][a-z0-9-]*)(?::([^<>\s]+))?>")
_CASES = ("upper", "lower", "swapcase", "title", "capitalize", "casefold")
_CLASSES = ("isalpha", "isdigit", "isupper", "islower", "isalnum", "isspace", "isascii", "istitle", "isidentifier",
            "isnumeric")  # fmt: skip
_FILLS = "*-_#0.x+=~ |:"

Literal = Callable[[Random, str], str]
"""Draws the text of a literal that fits a text."""


def _char(rng: Random, text: str) -> str:
    return repr(values.part(rng, text, 1))


def _size(rng: Random, text: str) -> str:
    """A place far from the start of a value of this size."""
    return str(rng.randint(3, max(4, min(12, len(text)))))


LITERALS: dict[str, Literal] = {
    "char": _char,
    "bit": lambda rng, text: repr(values.part(rng, text, rng.choice((2, 2, 3)))),
    "set": lambda rng, text: repr(values.ends(rng, text)),
    "head": lambda rng, text: repr(text[: rng.randint(1, 3)] if rng.random() < 0.6 else values.word(rng)[:2]),
    "tail": lambda rng, text: repr(text[-rng.randint(1, 3) :] if rng.random() < 0.6 else values.word(rng)[:2]),
    "char2": lambda rng, _: repr(rng.choice("abcxyzQZ019" + punctuation)),
    "two": lambda rng, text: repr((values.part(rng, text, 2) + "ab")[:2]),
    "twoother": lambda rng, _: repr("".join(rng.choice("xyzABC-_01") for _ in range(2))),
    "word": lambda rng, _: repr(values.word(rng)),
    "fill": lambda rng, _: repr(rng.choice(_FILLS)),
    "fill2": lambda rng, _: rng.choice(_FILLS),
    "plain": lambda rng, _: rng.choice(("-", "!", "_", ".", ":", " #", " to ", "x", "/", ", ", "->", " is ", "")),
    "n": lambda rng, _: str(rng.choice((1, 1, 2, 2, 3, 4))),
    "far": _size,
    "step": lambda rng, _: str(rng.choice((2, 2, 3, 4, 5, 7))),
    "num": lambda rng, _: str(rng.choice((rng.randint(0, 9), rng.randint(10, 99), rng.randint(100, 500)))),
    "two-digit": lambda rng, _: str(rng.randint(2, 40)),
    "width": lambda rng, text: str(len(text) + rng.randint(-2, 10)),
    "is": lambda rng, _: rng.choice(_CLASSES),
    "case": lambda rng, _: rng.choice(_CASES),
}  # fmt: skip


def fill(template: str, text: str, rng: Random) -> str:
    """The template with every hole filled; `text` is what literals shall occur in."""
    return until_none_is_left(template, _HOLE, lambda hole: _one(hole[1], hole[2], hole[0], text, rng))


def _one(kind: str, on: str | None, hole: str, text: str, rng: Random) -> str:
    """What one hole is filled with; what is none, as `<br>` in a text, stays."""
    if kind not in (LITERALS if on is None else LAYERS):
        return hole
    if on is None:
        return LITERALS[kind](rng, text)
    below = [rng.choice(LAYERS[STACKED[kind]]) for _ in range(rng.choice(DEPTHS))] if kind in STACKED else []
    expression = on
    for number, layer in enumerate((*below, rng.choice(LAYERS[kind]))):
        expression = fill(layer, text, rng).replace("$v", f"({expression})" if number else expression)
    return expression
