"""Arguments as strangers write them: phrases with punctuation and quotes, lists of 6 to 15 items, tables of 3 to 7."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits, punctuation
from typing import Any

from models.programs import wild
from models.programs.wide.names import WORDS

Maker = Callable[[Random, Any], object]
"""Draws a value that fits the first argument, which is None where it is the first itself."""
FITS = 0.8
"""How often what is looked for occurs, and a place is one."""
KNOWN = 0.6
"""How often an item of a second list or table occurs in the first."""
INVENTED = 0.4
"""Share of words that are in no list."""
ALPHABETS = (
    ascii_lowercase, ascii_letters, ascii_letters + digits, digits, "abc", "xyzXYZ", ascii_letters + " ",
    ascii_uppercase, digits + "+-. ", ascii_lowercase + punctuation,
)  # fmt: skip
_RANGES = ((0, 9), (-9, 9), (1, 12), (-50, 50), (10, 99), (0, 99), (100, 999), (-999, 999), (-5, 200))


def word(rng: Random) -> str:
    """A word in any case, now and then with a digit, a symbol or an inner quote."""
    out = wild.word(rng) if rng.random() < INVENTED else rng.choice(WORDS)
    roll = rng.random()
    if roll < 0.12:
        return out.capitalize()
    if roll < 0.18:
        return out.upper()
    if roll < 0.23:
        return "".join(c.upper() if rng.random() < 0.4 else c for c in out)
    if roll < 0.27:
        return out + str(rng.randint(0, 99))
    if roll < 0.3:
        return f"{out[:3]}{rng.choice(punctuation)}{out[3:]}"
    return out if out else "k"


def text(rng: Random, _: Any = None) -> str:
    """10 to 40 characters: a phrase, a record, a run of letters, a line with quotes."""
    most = rng.randint(10, 40)
    roll = rng.random()
    if roll < 0.45:
        return _phrase(rng, most)
    if roll < 0.6:
        between = rng.choice((",", ";", "|", "/", ":", ".", "=", "\n", "-", "_", ", ", "  "))
        return between.join(word(rng) for _ in range(rng.randint(2, 6)))[:most]
    if roll < 0.8:
        letters = rng.choice(ALPHABETS)
        return "".join(rng.choice(letters) for _ in range(rng.randint(5, most)))
    if roll < 0.88:
        edge = rng.choice("-_*. #!0xe")
        return (edge * rng.randint(1, 4) + _phrase(rng, most) + edge * rng.randint(0, 4))[: most + 4]
    return wild.text(rng, most) or "e"


def _phrase(rng: Random, most: int) -> str:
    """Words with marks between them, one of them quoted now and then."""
    out = ""
    while len(out) < most:
        one = word(rng)
        if rng.random() < 0.08:
            one = rng.choice(("'{}'", '"{}"', "({})", "{}'s", "[{}]")).format(one)
        out += one + rng.choice((" ", " ", " ", " ", ", ", ". ", "! ", "? ", ": ", " - ", "  "))
    return out[: most if rng.random() < 0.5 else out.rstrip().rfind(" ") if " " in out.rstrip() else most]


def short(rng: Random, _: Any = None) -> str:
    """2 to 14 characters, for loops that look at each."""
    roll = rng.random()
    if roll < 0.4:
        return word(rng)[:14]
    if roll < 0.7:
        return _phrase(rng, rng.randint(6, 14))[:14] or "w"
    letters = rng.choice((ascii_lowercase, ascii_letters + digits, "abAB12", digits + "-.", "aeiou xyz", ALPHABETS[-1]))
    return "".join(rng.choice(letters) for _ in range(rng.randint(2, 13)))


def part(rng: Random, of: Any, size: int) -> str:
    """A piece of a text that has so many characters, or another text."""
    if isinstance(of, str) and len(of) >= size and rng.random() < FITS:
        at = rng.randrange(len(of) - size + 1)
        return of[at : at + size]
    return word(rng)[:size]


def ends(rng: Random, of: str) -> str:
    """Characters of which some stand at the ends of a text."""
    out = [*of[: rng.randint(0, 2)], *of[len(of) - rng.randint(0, 2) :], rng.choice(ascii_lowercase + " .,!")]
    rng.shuffle(out)
    return "".join(dict.fromkeys(out))


def number(rng: Random, _: Any = None) -> int:
    """An integer of one to three digits, negative or not."""
    return rng.randint(*rng.choice(_RANGES))


def ints(rng: Random, _: Any = None, least: int = 5, most: int = 13) -> list[Any]:
    """Integers of one range, some twice."""
    low, high = rng.choice(_RANGES)
    out = [rng.randint(low, high) for _ in range(rng.randint(least, most))]
    if rng.random() < 0.5:
        out[rng.randrange(len(out))] = rng.choice(out)
    return out


def words(rng: Random, _: Any = None) -> list[Any]:
    """4 to 9 words, or up to 12 letters, some twice."""
    if rng.random() < 0.25:
        return [rng.choice(ascii_letters[: rng.choice((6, 26, 52))] + digits) for _ in range(rng.randint(5, 12))]
    out = [word(rng) for _ in range(rng.randint(4, 9))]
    if rng.random() < 0.4:
        out.append(rng.choice(out))
    return out


def mixed(rng: Random, _: Any = None) -> list[Any]:
    """Values of several types."""
    makers: Sequence[Callable[[], Any]] = (
        lambda: number(rng), lambda: number(rng), lambda: word(rng), lambda: word(rng), lambda: None,
        lambda: rng.random() < 0.5, lambda: rng.randint(-40, 40) / 4, lambda: "", lambda: ints(rng, None, 1, 3),
    )  # fmt: skip
    return [rng.choice(makers)() for _ in range(rng.randint(4, 9))]


def _table(key: Maker, value: Maker, least: int = 3, most: int = 7) -> Maker:
    return lambda rng, _: {key(rng, None): value(rng, None) for _ in range(rng.randint(least, most))}


def _word(rng: Random, _: Any = None) -> str:
    return word(rng)


def _item(rng: Random, of: Any) -> object:
    """What occurs in a list, mostly."""
    return rng.choice(of) if rng.random() < FITS else number(rng) if isinstance(of[0], int) else word(rng)


def _key(rng: Random, of: Any) -> object:
    return rng.choice(list(of)) if rng.random() < FITS else word(rng)


def _at(rng: Random, of: Any) -> int:
    """A place anywhere in what is indexed, seldom outside or from its end."""
    roll = rng.random()
    return rng.randrange(len(of)) if roll < 0.85 else -rng.randint(1, len(of)) if roll < 0.95 else len(of) + 1


def _keyed(rng: Random, of: Any) -> dict[Any, int]:
    """A table some of whose keys occur in the first value."""
    return {_key(rng, of) if rng.random() < KNOWN else word(rng): number(rng) for _ in range(rng.randint(2, 5))}


def _found(rng: Random, of: str) -> list[str]:
    """Words and pieces of which some occur in a text."""
    pieces = of.split() or [of]
    makers: Sequence[Callable[[], str]] = (
        lambda: rng.choice(pieces), lambda: part(rng, of, rng.randint(1, 3)), lambda: word(rng),
    )  # fmt: skip
    return [rng.choice(makers)() for _ in range(rng.randint(2, 6))]


def _like(rng: Random, of: str) -> str:
    """A short text that shares characters, its beginning or its end with another."""
    roll = rng.random()
    if roll < 0.3:
        return short(rng)
    if roll < 0.5:
        return of[: rng.randint(1, len(of))] + word(rng)[:4]
    if roll < 0.6:
        return of[rng.randrange(len(of)) :] + word(rng)[:3]
    return "".join(rng.choice(of + "ae") for _ in range(rng.randint(2, 9)))


def _few(rng: Random, of: Any) -> list[int]:
    """Two to four integers, some of them of the first list."""
    out = ints(rng, None, 2, 4)
    return [rng.choice(of) if isinstance(of, list) and rng.random() < KNOWN else item for item in out]


def _digits(rng: Random, _: Any = None) -> str:
    """A number as a text, mostly; now and then nearly one."""
    form = "{}" if rng.random() < 0.5 else rng.choice(("0{}", " {} ", "{}.5", "{}a", "+{}", "x{}", "{}-{}", "{},{}"))
    return form.format(number(rng), rng.randint(0, 99))


MAKERS: dict[str, Maker] = {
    "text": text,
    "str": short,
    "word": _word,
    "part": lambda rng, of: part(rng, of, rng.choice((1, 1, 1, 2, 3))),
    "digits": _digits,
    "num": number,
    "small": lambda rng, _: rng.randint(0, 6),
    "width": lambda rng, of: max(0, len(of) + rng.randint(-4, 12)),
    "at": _at,
    "to": lambda rng, of: rng.randint(len(of) // 3, len(of)) if rng.random() < FITS else -rng.randint(1, 4),
    "ints": ints,
    "few": _few,
    "words": words,
    "mixed": mixed,
    "item": _item,
    "pairs": lambda rng, _: [(word(rng), number(rng)) for _ in range(rng.randint(3, 6))],
    "matrix": lambda rng, _: [ints(rng, None, 1, 4) for _ in range(rng.randint(2, 4))],
    "table": _table(_word, number),
    "names": _table(_word, _word, 2, 6),
    "ids": _table(number, _word),
    "lists": _table(_word, lambda rng, _: ints(rng, None, 1, 4), 2, 5),
    "key": _key,
    "keyed": _keyed,
    "found": _found,
    "like": _like,
}
"""Kind of parameter → its values."""


def arguments(kinds: Sequence[str], rng: Random) -> list[object]:
    """One value for each, that fit the first."""
    out: list[object] = []
    for kind in kinds:
        out.append(MAKERS[kind](rng, out[0] if out else None))
    return out
