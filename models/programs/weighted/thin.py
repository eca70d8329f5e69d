"""Broad programs, those with what the idioms overdo thinned, on longer values."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from random import Random

from models.programs import broad, wild
from models.programs.broad.inputs import MAKERS, Maker
from models.programs.frequencies import parts
from models.programs.source import Source
from models.programs.weighted.values import longer_list, longer_text

KEPT: Mapping[str, float] = {
    "%": 0.45, "ListComp": 0.35, "sorted()": 0.35, "GeneratorExp": 0.6, "DictComp": 0.5, "IfExp": 0.5, "set()": 0.5,
    "map()": 0.5, "max()": 0.6, "min()": 0.5, "sum()": 0.6, "abs()": 0.5, "ClassDef": 0.4, "print()": 0.8,
}  # fmt: skip
"""What a program has (`frequencies.parts`) → share of such programs that stay. Never none: others have them often."""
HARDER = 0.6
"""Exponent of the difficulty: below one, harder programs are more frequent, which are longer."""
LONGER = 0.6
"""Share of texts and lists that are longer than those of `broad.inputs`."""


def _mixed(kind: str, longer: Maker) -> Maker:
    """Of both makers of a kind of value."""
    return lambda rng, difficulty: (longer if rng.random() < LONGER else MAKERS[kind])(rng, difficulty)


MIXED = {
    **MAKERS, "text": _mixed("text", longer_text), "ints": _mixed("ints", longer_list(wild.ints)),
    "words": _mixed("words", longer_list(wild.words)), "mixed": _mixed("mixed", longer_list(wild.mixed)),
    "index": lambda rng, _: rng.randint(-4, 7), "small": lambda rng, _: rng.randint(0, 7),
}  # fmt: skip


def draw(rng: Random) -> Source:
    """One program of the broad generator with one input."""
    while True:
        source = broad.draw(rng, rng.random() ** HARDER, makers=MIXED)
        if rng.random() < prod(KEPT.get(part, 1.0) for part in parts(source.code)):
            return source
