"""Names as strangers give them: any word, cut, joined, numbered; short and long; most of them never seen before.

A model that has learned fifty names copies the fifty-first badly, so most names here are made at the draw.
"""

from __future__ import annotations

import ast
import builtins
import keyword
from pathlib import Path
from random import Random
from string import ascii_letters, ascii_lowercase

from models.programs import wild
from models.programs.shapes import names
from models.programs.source import Source
from workers.pipeline.rename import put

WORDS = tuple(Path(__file__).with_name("words.txt").read_text(encoding="utf-8").split())
"""Plain words, of which names and texts are made."""
BEFORE = ("new", "old", "my", "is", "has", "num", "max", "min", "cur", "tmp", "n", "all", "last", "next", "prev")
AFTER = ("list", "dict", "str", "count", "idx", "s", "map", "len", "char", "set", "val", "key", "num", "id", "pos")
RENAMED = 0.6
"""Share of programs of other generators whose names are changed."""
STRANGE = 0.5
"""Share of the names of such a program that are."""
_VOWELS = frozenset("aeiou")


def name(rng: Random) -> str:
    """A name that is no keyword and no builtin."""
    out = _shaped(_word(rng), rng)
    return f"{out}_" if keyword.iskeyword(out) or hasattr(builtins, out) or out == "self" else out


def _word(rng: Random) -> str:
    """A word: plain, without its vowels, cut short, with a slip, or invented."""
    roll = rng.random()
    if roll < 0.3:
        return wild.invented(rng)
    word = rng.choice(WORDS)
    if roll < 0.7:
        return word
    if roll < 0.78:
        return word[0] + "".join(c for c in word[1:] if c not in _VOWELS)
    if roll < 0.88:
        return word[: rng.randint(2, 4)]
    at = rng.randrange(1, len(word))
    return word[:at] + rng.choice(("", word[at] * 2, rng.choice(ascii_lowercase))) + word[at + 1 :]


def _shaped(word: str, rng: Random) -> str:
    """A word as a name: alone, numbered, joined with others, or no word at all."""
    other = _word(rng)
    shapes = (
        (0.4, word), (0.05, f"{word}{rng.randint(0, 12)}"), (0.03, f"{word}_{rng.randint(0, 9)}"),
        (0.1, f"{word}_{other}"), (0.05, word + other.capitalize()), (0.06, f"{rng.choice(BEFORE)}_{word}"),
        (0.08, f"{word}_{rng.choice(AFTER)}"), (0.03, f"{word}s"), (0.03, f"{word}_"),
        (0.05, rng.choice(ascii_letters)), (0.04, f"{rng.choice(ascii_lowercase)}{rng.randint(0, 9)}"),
        (0.03, rng.choice(ascii_lowercase) * 2), (0.02, f"{rng.choice(ascii_lowercase)}_{rng.choice(ascii_lowercase)}"),
    )  # fmt: skip
    return rng.choices([text for _, text in shapes], [weight for weight, _ in shapes])[0]


def fresh(wanted: str, used: set[str]) -> str:
    """The name, with a number if it is taken; taken from now on."""
    number, free = 2, wanted
    while free in used:
        free, number = f"{wanted}{number}", number + 1
    used.add(free)
    return free


def renamed(source: Source, rng: Random) -> Source:
    """A program of another generator, some of its parameters and variables under strange names."""
    tree = ast.parse(source.code)
    old = _free_to_change(tree)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | {*old}
    new = {one: fresh(name(rng), used) for one in old if rng.random() < STRANGE}
    if not new:
        return source
    code = ast.unparse(put(tree, new))
    return Source(code, source.io, source.entry_point, source.inputs, source.origin, source.group)


def sometimes_renamed(source: Source, rng: Random) -> Source:
    """As `renamed`, for a share of the programs."""
    return renamed(source, rng) if rng.random() < RENAMED else source


_FIXED = (ast.ClassDef, ast.Global, ast.Nonlocal, ast.Match, ast.Import, ast.ImportFrom, ast.ExceptHandler)
"""Programs with these bind names in other ways than the renamer sees."""


def _free_to_change(tree: ast.Module) -> list[str]:
    """Names that the program binds as parameters or by assignment, in order of appearance."""
    nodes = list(ast.walk(tree))
    if any(isinstance(node, _FIXED) and getattr(node, "name", "") is not None for node in nodes):
        return []
    fixed = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    fixed |= {node.arg for node in nodes if isinstance(node, ast.keyword) and node.arg}
    return [one for one in dict.fromkeys(names(tree)) if one not in fixed]
