"""Filling the holes of an idiom: `<kind>` becomes a literal or operator, `<kind:variable>` an expression on a variable.

Expressions come from `holes.toml`; their own holes are filled in turn.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from random import Random

from models.programs.holes import until_none_is_left

HOLES: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("holes.toml").read_text(encoding="utf-8"))
_HOLE = re.compile(r"<([a-z][a-z0-9]*)(?::([^<>\s]+))?>")
_LETTERS = "aeiorstnlcdhumpbgykwvfxzjq"
_SHORT = (
    "ab", "x", "the", "a", "e", "er", "in", "z", "cat", "key", "st", "on", "A", "Th", "no", "ing", "bar", "0", "12",
    "!", "ba", "name", "xyz", "aa",
)  # fmt: skip


def _quoted(*choices: str) -> Callable[[Random], str]:
    return lambda rng: repr(rng.choice(choices))


def _bare(*choices: str) -> Callable[[Random], str]:
    return lambda rng: rng.choice(choices)


LITERALS: dict[str, Callable[[Random], str]] = {
    "char": lambda rng: repr(rng.choice(_LETTERS) if rng.random() < 0.8 else rng.choice(" -_,.AB01")),
    "short": _quoted(*_SHORT),
    "punct": _quoted("!", ".", ",", "?", "-", " ", "_", ".,", "!?", "*"),
    "sep": _quoted(" ", " ", ",", "-", ", ", "_", ":", "", "/", ".", "|"),
    "sep2": _quoted(" ", " ", ",", "-", "_", ":", "/", ".", "a", "e"),
    "isclass": _bare("isdigit", "isalpha", "isupper", "islower", "isalnum"),
    "fill": _quoted("*", "-", " ", "0", "#", "_", "x"),
    "plain": _bare("-", "!", "_", ".", ":", "#1", " end", "x"),
    "plainstr": _quoted("none", "yes", "no", "", "error", "-", "odd", "big", "fizz", "low", "missing"),
    "int": lambda rng: str(rng.choice((0, 1, 1, 2, 3, 4, 5, 7, 10, 12, 15, 20, -1, -3, 50))),
    "digit": lambda rng: str(rng.choice((1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9))),
    "small": lambda rng: str(rng.choice((1, 1, 2, 2, 3, 4))),
    "one": lambda rng: str(rng.choice((1, 1, 1, 1, 2))),
    "mid": lambda rng: str(rng.choice((3, 4, 5, 6, 8, 10, 12, 20))),
    "width": lambda rng: str(rng.choice((4, 6, 8, 10, 12, 15))),
    "arith": _bare("+", "+", "-", "-", "*", "*", "%", "//"),
    "arith2": _bare("+", "+", "-", "*"),
    "aug": _bare("+=", "-=", "*=", "//=", "+=", "-="),
    "cmp": _bare(">", "<", ">=", "<="),
    "setop": _bare("&", "|", "-", "^"),
    "setask": _bare("issubset", "issuperset", "isdisjoint"),
    "setm": _bare("union", "intersection", "difference", "symmetric_difference"),
    "find": _bare("find", "rfind", "index", "rindex"),
    "find2": _bare("find", "rfind", "count"),
    "lowup": _bare("lower", "upper"),
    "setupdate": _bare("update", "difference_update", "intersection_update", "symmetric_difference_update"),
    "pad": _bare("center", "ljust", "rjust"),
    "inplace": _bare("sort", "reverse"),
    "add": _bare("append", "append", "append"),
    "popat": _bare("", "0", "-1", ""),
    "ends": _bare("0", "-1"),
    "dictget": _bare("get(key)", "get(key, 0)", "setdefault(key, 0)", "pop(key, -1)", "get('a', 'none')"),
    "pick": _bare(
        "counts, len(counts)", "max(counts, key=counts.get) if counts else None",
        "[x for x in counts if counts[x] > 1]",
        "sorted(counts.items())", "sorted(counts, key=lambda x: (-counts[x], x))", "sum(counts.values())",
        "{x: c for x, c in counts.items() if c > 1}",
    ),
    "sortkey": _bare("", "key=len", "reverse=True", "key=lambda w: w[-1:]", "key=str.lower"),
    "pairkey": _bare("p[1], p[0]", "-p[1], p[0]", "p[0]", "len(p[0]), p[1]"),
    "type": _bare("int", "str", "(int, float)", "list", "bool"),
    "isnot": _bare(" is not None", "", " != 0", " not in ('', None)"),
    "format": _bare(
        "f'{n:05d}'", "f'{n:b}'", "hex(n)", "bin(n)[2:]", "f'{n:,}'", "f'{n / 4:.2f}'", "str(n).zfill(4)", "'%03d' % n",
        "format(n, 'x')", "oct(n)", "'{:>5}|{:<4}'.format(n, n % 7)", "f'{n}%'", "str(n)[::-1]", "chr(97 + n % 26)",
    ),
}  # fmt: skip


def fill(template: str, rng: Random, function: str = "f") -> str:
    """The template with every hole filled; `<self>` is the name of the function."""
    return until_none_is_left(template, _HOLE, lambda hole: _one(hole[1], hole[2], hole[0], rng, function))


def _one(kind: str, variable: str | None, hole: str, rng: Random, function: str) -> str:
    if kind == "self":
        return function
    if variable is None:
        return LITERALS[kind](rng) if kind in LITERALS else hole
    return rng.choice(HOLES[kind]).replace("$v", variable)
