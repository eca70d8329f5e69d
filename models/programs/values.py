"""Random input values of each kind, small enough to be followed by hand."""

from __future__ import annotations

from random import Random

from models.programs.ops import Kind

COMMON = [
    "cat", "dog", "sun", "tree", "house", "apple", "river", "stone", "cloud", "bird", "fish", "moon", "star", "book",
    "lamp", "door", "road", "ship", "rain", "snow", "wind", "fire", "gold", "iron", "blue", "red", "green", "black",
    "white", "hello", "world", "code", "test", "data", "list", "key", "map", "run", "jump", "sit", "stand", "low",
    "high", "one", "two", "ten", "abc", "xyz", "foo", "bar", "a", "b", "ab", "cc", "zoo", "level", "noon", "radar",
    "egg", "oak", "ant", "bee", "cow", "ape", "fig", "kiwi", "pear", "plum",
]  # fmt: skip
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def word(rng: Random) -> str:
    """A common word or a few random letters, 1 to 8 characters."""
    if rng.random() < 0.5:
        return rng.choice(COMMON)
    alphabet = LETTERS if rng.random() < 0.6 else rng.choice(("abc", "aeiourst", "xyzw", "pqlmn"))
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(1, 6)))


def text(rng: Random) -> str:
    """A line of text: words, mixed case, digits, some punctuation; up to 18 characters."""
    style = rng.random()
    if style < 0.55:
        parts = [word(rng) for _ in range(rng.randint(1, 4))]
        if rng.random() < 0.4:
            parts = [p.capitalize() if rng.random() < 0.5 else p.upper() if rng.random() < 0.3 else p for p in parts]
        out = " ".join(parts)
    elif style < 0.8:
        out = "".join(rng.choice(LETTERS + LETTERS.upper() + "0123456789") for _ in range(rng.randint(2, 9)))
    elif style < 0.95:
        out = word(rng) + rng.choice("0123456789-_,.!? ") + word(rng)
    else:
        half = word(rng)
        out = half + half[::-1]
    return out[:18].strip()


def ints(rng: Random, low: int = 0) -> list[int]:
    """`low` to 7 integers, mostly small, some negative, some repeated."""
    n = rng.choice((low, 2, 3, 3, 4, 4, 5, 5, 6, 7)) if rng.random() < 0.5 else rng.randint(max(low, 3), 5)
    style = rng.random()
    if style < 0.35:
        return [rng.randint(0, 9) for _ in range(n)]
    if style < 0.65:
        return [rng.randint(-9, 12) for _ in range(n)]
    if style < 0.9:
        return [rng.randint(-5, 30) for _ in range(n)]
    return [rng.randint(0, 99) for _ in range(n)]


def words(rng: Random, low: int = 0) -> list[str]:
    """`low` to 5 words, sometimes repeated."""
    n = rng.choice((low, 1, 2, 3, 3, 4, 4, 5))
    out = [word(rng) for _ in range(max(n, low))]
    if len(out) > 1 and rng.random() < 0.35:
        out[rng.randrange(len(out))] = rng.choice(out)
    return out


def number(rng: Random) -> int:
    """A small integer, seldom negative."""
    style = rng.random()
    return rng.randint(1, 12) if style < 0.6 else rng.randint(0, 60) if style < 0.9 else rng.randint(-20, 200)


def mapping(rng: Random) -> dict[str, int]:
    """Up to 4 entries from a word to a small integer."""
    return {word(rng): rng.randint(0, 9) for _ in range(rng.choice((0, 1, 2, 2, 3, 3, 4)))}


def value(kind: Kind | str, rng: Random) -> object:
    """A random value of a kind; `text` never empty so that stdin lines are never blank by accident."""
    if kind == "ints":
        return ints(rng)
    if kind == "str":
        return text(rng) or "a"
    if kind == "words":
        return words(rng)
    if kind == "int":
        return number(rng)
    if kind == "dict":
        return mapping(rng)
    if kind == "bool":
        return rng.random() < 0.5
    raise ValueError(f"no values of kind {kind!r}")
