"""Values for the parameters of idioms, of the size and kind that short test calls have."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from models.programs import wild
from models.programs.values import COMMON, LETTERS

Maker = Callable[[Random, float], object]
"""Draws a value of a difficulty from 0 to 1."""
WILD = 0.35
"""Share of texts, lists and dictionaries that are as strangers write them."""

MORE = (
    "alpha", "Name", "value", "John", "Mary", "python", "Hello", "WORLD", "x1", "item", "date", "user", "abc123",
    "Test", "red-blue", "end", "top", "mid", "zero", "CamelCase", "snake_case", "3rd", "it's", "a.b", "N/A",
)  # fmt: skip


def _size(rng: Random, difficulty: float, most: int) -> int:
    return rng.randint(0 if rng.random() < 0.08 else 1, max(2, round(1 + most * (0.4 + 0.6 * difficulty))))


def word(rng: Random) -> str:
    """A word as tests have it: mostly plain, sometimes with capitals, digits or punctuation, or invented."""
    if rng.random() < WILD / 2:
        return wild.word(rng)
    if rng.random() < 0.75:
        return rng.choice(COMMON)
    if rng.random() < 0.6:
        return rng.choice(MORE)
    return "".join(rng.choice(LETTERS[:6]) for _ in range(rng.randint(1, 6)))


def text(rng: Random, difficulty: float) -> str:
    """Words, runs of letters, digits, symbols, blanks at the ends: up to about twenty characters, seldom forty."""
    if rng.random() < WILD:
        return wild.text(rng, round(10 + 34 * difficulty))
    style = rng.random()
    if style < 0.08 * difficulty:
        return " ".join(word(rng) for _ in range(rng.randint(4, 9)))[:44]
    if style < 0.45:
        out = " ".join(word(rng) for _ in range(_size(rng, difficulty, 3)))
    elif style < 0.7:
        alphabet = rng.choice((LETTERS, LETTERS[:5], "aeiouxyz", LETTERS + LETTERS.upper(), "abcABC123", "ab"))
        out = "".join(rng.choice(alphabet) for _ in range(_size(rng, difficulty, 11)))
    elif style < 0.85:
        out = rng.choice((",", "-", "_", ", ", ":", "/", "|", ".")).join(word(rng) for _ in range(rng.randint(1, 4)))
    elif style < 0.93:
        out = "".join(rng.choice("0123456789 .-+!?#@") for _ in range(_size(rng, difficulty, 8)))
    else:
        out = rng.choice((" ", "  ", "\n", "\t")) + word(rng) + rng.choice((" ", "\n", "!", ""))
    if rng.random() < 0.2:
        out = rng.choice((str.upper, str.title, str.capitalize, str.swapcase))(out)
    return out[:22]


def ints(rng: Random, difficulty: float) -> list[int]:
    """Up to about eight integers, seldom twelve."""
    if rng.random() < WILD:
        return wild.ints(rng, round(5 + 7 * difficulty))
    low, high = rng.choice(((0, 9), (-9, 12), (1, 20), (-5, 30), (0, 3), (0, 99), (-99, 999)))
    return [rng.randint(low, high) for _ in range(_size(rng, difficulty, 7))]


def words(rng: Random, difficulty: float) -> list[str]:
    """Up to about five words, seldom eight, sometimes repeated or empty."""
    if rng.random() < WILD:
        return wild.words(rng, round(4 + 4 * difficulty))
    out = [word(rng) for _ in range(_size(rng, difficulty, 4))]
    if rng.random() < 0.15:
        out.append(rng.choice((*out, "")))
    return out


def mixed(rng: Random, difficulty: float) -> list[object]:
    """A list of several types."""
    if rng.random() < WILD:
        return wild.mixed(rng, round(4 + 3 * difficulty))
    makers: tuple[Callable[[], object], ...] = (
        lambda: rng.randint(0, 9), lambda: word(rng), lambda: None, lambda: rng.random() < 0.5,
        lambda: rng.choice((0.5, 1.5, 2.0)), lambda: [rng.randint(0, 3)], lambda: rng.randint(0, 3),
    )  # fmt: skip
    return [rng.choice(makers)() for _ in range(_size(rng, difficulty, 5))]


def _brackets(rng: Random, difficulty: float) -> str:
    if rng.random() < 0.4:
        return "".join(rng.choice("()[]{}") for _ in range(rng.randint(1, 6)))
    out = ""
    for _ in range(_size(rng, difficulty, 3)):
        a, b = rng.choice(("()", "[]", "{}"))
        out = rng.choice((a + out + b, out + a + b))
    return out


MAKERS: dict[str, Maker] = {
    "text": text,
    "char": lambda rng, _: rng.choice("aeiorstnlc -,.") if rng.random() < 0.9 else rng.choice(LETTERS),
    "short": lambda rng, _: word(rng) if rng.random() < 0.7 else rng.choice(LETTERS),
    "digits": lambda rng, _: str(rng.randint(0, 999)) if rng.random() < 0.8 else word(rng),
    "brackets": _brackets,
    "num": lambda rng, _: rng.randint(0, 30) if rng.random() < 0.75 else rng.randint(-20, 200),
    "small": lambda rng, difficulty: rng.randint(0, 3 + round(4 * difficulty)),
    "index": lambda rng, _: rng.choice((0, 1, 2, -1, -2, 3)),
    "width": lambda rng, _: rng.randint(3, 14),
    "ints": ints,
    "words": words,
    "table": lambda rng, difficulty: {word(rng): rng.randint(0, 12) for _ in range(_size(rng, difficulty, 4))},
    "names": lambda rng, difficulty: {word(rng): word(rng) for _ in range(_size(rng, difficulty, 3))},
    "pairs": lambda rng, difficulty: [(word(rng), rng.randint(0, 9)) for _ in range(_size(rng, difficulty, 4))],
    "matrix": lambda rng, difficulty: _matrix(rng, difficulty),
    "mixed": mixed,
}


def _matrix(rng: Random, difficulty: float) -> list[list[int]]:
    columns = rng.randint(1, 3)
    return [[rng.randint(0, 9) for _ in range(columns)] for _ in range(_size(rng, difficulty, 3))]
