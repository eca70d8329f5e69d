"""Values and names as strangers write them: long and short, odd alphabets, escapes, runs, made-up words.

The plain values of `values.py` and `broad.inputs` are short and tame. A model that has seen only those copies a longer
text wrongly, or one of unknown words; so some programs are given these instead.
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Callable
from random import Random
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits, punctuation
from typing import Any

Maker = Callable[[Random, int], Any]
"""Draws a value of at most so many characters or items."""
MOST = 44
"""Characters of the longest text."""
SYLLABLES = (
    "ab", "ack", "al", "an", "ba", "be", "bri", "ca", "ce", "cho", "cra", "da", "de", "dro", "ed", "el", "en", "er",
    "fa", "fi", "flo", "ga", "ge", "gra", "ha", "hi", "ic", "il", "in", "is", "ja", "jo", "ka", "ki", "la", "le", "lo",
    "ma", "mi", "mo", "na", "ne", "nt", "o", "ou", "pa", "pe", "pla", "qui", "ra", "re", "ro", "sa", "se", "sh", "so",
    "sta", "ta", "te", "th", "tro", "ul", "un", "ur", "va", "ve", "vi", "wa", "we", "wo", "xi", "ya", "yo", "za", "zu",
)  # fmt: skip
FOREIGN = ("éèüñöåç", "αβγδλπ", "абвгд", "日本語中文", "™£€°¿", "منبت")
ALPHABETS: tuple[str, ...] = (
    ascii_lowercase, ascii_lowercase, ascii_letters, ascii_letters + digits, digits, ascii_uppercase, "ab", "abc",
    "aeiou", "01", "()[]{}", ascii_lowercase + " ", ascii_letters + digits + punctuation + " ", ".,;:!? ", " \t\n",
    "*+-/=%<>", "xyz ", "ab\n", "AaBb", digits + ".-", "#@!$&_",
)  # fmt: skip


def _length(rng: Random, most: int) -> int:
    """Mostly short, with a long tail: 1 to `most`, seldom 0."""
    if rng.random() < 0.04:
        return 0
    return min(most, 1 + int(rng.expovariate(1 / (most * 0.3)))) if rng.random() < 0.85 else rng.randint(1, most)


def invented(rng: Random) -> str:
    """A word that may not exist: two or three syllables, or letters at random."""
    if rng.random() < 0.7:
        return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(1, 3)))
    return "".join(rng.choice(ascii_lowercase) for _ in range(rng.randint(1, 8)))


def word(rng: Random) -> str:
    """An invented word, with capitals, digits or a symbol now and then."""
    out = invented(rng)
    roll = rng.random()
    if roll < 0.12:
        return out.upper()
    if roll < 0.24:
        return out.capitalize()
    if roll < 0.32:
        return out + str(rng.randint(0, 99))
    if roll < 0.38:
        return rng.choice(punctuation) + out if rng.random() < 0.5 else out + rng.choice("!?.:;,#")
    if roll < 0.43:
        return rng.choice(("", " ", "_", "-", "*", "**", "1", "07", "A", "  "))
    return out


def text(rng: Random, most: int = MOST) -> str:
    """Up to `most` characters of any shape."""
    style = rng.random()
    if style < 0.28:
        out = rng.choice((" ", " ", " ", ", ", "  ", "-", "_")).join(word(rng) for _ in range(rng.randint(1, 7)))
    elif style < 0.65:
        alphabet = rng.choice(ALPHABETS)
        out = "".join(rng.choice(alphabet) for _ in range(_length(rng, most)))
    elif style < 0.73:
        out = rng.choice((",", ";", "|", "/", ":", ".", "=", "\n", "\t", "::")).join(
            word(rng) for _ in range(rng.randint(1, 6))
        )
    elif style < 0.81:
        out = "".join(rng.choice("abcxyz019 -_.#") * rng.randint(1, 6) for _ in range(rng.randint(1, 5)))
    elif style < 0.87:
        out = (invented(rng) + rng.choice(("", " ", "-", ","))) * rng.randint(2, 5)
    elif style < 0.93:
        out = rng.choice(("http://{}.{}/", "{}@{}.com", "{}.{}", "<{}>{}</a>", "{}({})", '"{}" {}', "{}'s {}")).format(
            word(rng), word(rng)
        )
    elif style < 0.97:
        letters = list(text(rng, max(1, most - 4)))
        for _ in range(rng.randint(1, 3)):
            letters.insert(rng.randint(0, len(letters)), rng.choice(rng.choice(FOREIGN)))
        out = "".join(letters)
    else:
        out = rng.choice((" ", "  ", "\t", "\n", "\r\n")) + word(rng) + rng.choice(("  ", "\n", "\t", ""))
    if rng.random() < 0.1:
        out = rng.choice((str.upper, str.title, str.swapcase))(out)
    return out[:most]


def ints(rng: Random, most: int = 12) -> list[int]:
    """Up to `most` integers from one range."""
    low, high = rng.choice(((0, 9), (-9, 9), (1, 5), (0, 1), (-30, 60), (0, 99), (100, 999), (-999, 9999), (0, 3)))
    out = [rng.randint(low, high) for _ in range(_length(rng, most))]
    return sorted(out) if rng.random() < 0.15 else out


def words(rng: Random, most: int = 8) -> list[str]:
    """Up to `most` words or single characters, some repeated."""
    single = rng.random() < 0.25
    out = [rng.choice(ascii_letters + digits) if single else word(rng) for _ in range(_length(rng, most))]
    for _ in range(rng.choice((0, 0, 1, 2)) if out else 0):
        out.insert(rng.randint(0, len(out)), rng.choice(out))
    return out


def scalar(rng: Random) -> object:
    """A value that can be a key."""
    roll = rng.random()
    if roll < 0.5:
        return word(rng)
    if roll < 0.9:
        return rng.randint(-9, 99)
    return rng.choice((None, True, False, 0.5, 1.0, -2.25, (1, 2), ("a", 0)))


def mixed(rng: Random, most: int = 7) -> list[object]:
    """Up to `most` values of several types, lists among them."""
    makers: tuple[Callable[[], object], ...] = (lambda: scalar(rng), lambda: ints(rng, 3), lambda: words(rng, 3))
    return [rng.choice((makers[0], makers[0], *makers))() for _ in range(_length(rng, most))]


def table(rng: Random, most: int = 6) -> dict[object, object]:
    """Up to `most` entries; keys of one type, or of several; values of one type."""
    key: Callable[[], object] = rng.choice(
        (lambda: word(rng), lambda: word(rng), lambda: rng.randint(-9, 60), lambda: scalar(rng))
    )
    value: Callable[[], object] = rng.choice(
        (
            lambda: rng.randint(-9, 99), lambda: rng.randint(0, 9), lambda: word(rng), lambda: scalar(rng),
            lambda: ints(rng, 3), lambda: words(rng, 2),
        )
    )  # fmt: skip
    return {key(): value() for _ in range(_length(rng, most))}


def identifier(rng: Random) -> str:
    """A name nobody would guess: invented words in snake case, camel case, or with a digit."""
    parts = [invented(rng) for _ in range(rng.choice((1, 1, 2)))]
    roll = rng.random()
    out = "_".join(parts) if roll < 0.6 else parts[0] + "".join(p.capitalize() for p in parts[1:])
    if roll > 0.9:
        out += str(rng.randint(1, 9))
    out = out if roll < 0.95 else out[:1].upper()
    return f"{out}_" if keyword.iskeyword(out) or hasattr(builtins, out) else out
