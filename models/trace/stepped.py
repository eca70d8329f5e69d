"""What `stepped` workings tell beside those of `models.trace.spelled`: cutting, joining and padding texts, and places
in lists that are changed.

A text that is cut is copied whole, and each piece ends where it is cut; what is looked at or cut off is copied before
it is decided upon:

    'banana'.replace('n', '')     replace 'n': 'ba' 'a' 'a'           what stays
    'ab, c, '.split(', ')         split ', ': 'ab, ' 'c, ' ''         with what they are cut at; `splitlines` alike
    ' to  be '.split()            split: ' to  ' 'be '
    'a.b.c'.rpartition('.')       rpartition '.': 'a.' 'b.' 'c'       every place where it may be cut; `rsplit` alike
    'a.b.c'.partition('.')        partition '.': 'a.' 'b.c'           the one where it is
    '-'.join('abcdef')            join '-': 'abcde' 'a-b-c-d-e-' 'f' 'f'
    ''.join(['a', …, 'f'])        join '': ['a', 'b', 'c', 'd', 'e'] 'abcde' ['f'] 'f'
    ', '.join(['ab', …, 'ij'])    join ', ': 'ab, ' 'cd, ' 'ef, ' 'gh, ' 'ij'
    'hello w'.ljust(9)            ljust 9: 'hello'5 ' w'7 9-7 2       how much is missing; of `center` on each side
    '-5'.zfill(9)                 zfill 9: '-5'2 9-2 7 '00000'5 '00'7
    '  hello '.strip()            strip: '  ' ' '                     what is cut off
    'hello'.startswith('he')      startswith 'he': 'he'               what is compared; `removesuffix` alike
    [3, 1, 4, 1, 5].remove(4)     remove 4: 0:3 1:1 2:4
    [3, 1, 4, 1, 5].insert(1, 7)  insert 1: 0:3 1:1
    [3, 1, 4, 1, 5].pop()         pop: -1:5
    {'a': 1, …}.update(b=2, f=3)  update: 'b' True 'f' False          whether a key is there

The rules are those of `spelled`. An index into a text tells less where more was told before (`models.trace.places`),
and loops tell what lies ahead (`models.trace.ahead`). `title`, `capitalize`, `swapcase` are copies, each character of
which says what becomes of it, and tell nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from models.trace import spelled
from models.trace.pieces import FEW, MANY, PIECE, Keywords, Told, listed, numbered, pieces, searched
from models.trace.values import plain

Args = tuple[Any, ...]
_WORD = re.compile(r"\s*\S+\s*|\s+")
"""What `split()` cuts a text into: a word with what is around it, as far as that is not around the word before."""


def _few(text: str) -> bool:
    """Whether all of a text is seen at a glance, or it is too long to be copied."""
    return not FEW < len(text) <= 2 * MANY


def _said(name: str, args: Args, parts: Iterable[str]) -> Told:
    return " ".join([name, *map(repr, args)]) + ": " + " ".join(map(repr, parts))


def _ended(parts: Sequence[str], sep: str) -> list[str]:
    """Parts of a text, each with what it was cut at."""
    return [*(part + sep for part in parts[:-1]), parts[-1]]


def _replace(text: str, args: Args, _keywords: Keywords) -> Told:
    """What stays."""
    if not searched(text, args[:1]) or [*map(type, args[1:])] not in ([str], [str, int]):
        return None
    return _said("replace", args[:1], text.split(args[0], *args[2:]))


def _split(name: str) -> Callable[..., Told]:
    """Of `rsplit` every place where it might cut, since the last ones count."""

    def told(text: str, args: Args, keywords: Keywords) -> Told:
        times = args[1] if len(args) == 2 else keywords.get("maxsplit", -1)
        if len(args) > 2 or keywords.keys() - {"maxsplit"} or type(times) is not int or _few(text):
            return None
        if not args or args[0] is None:
            return _said(name, (), _WORD.findall(text)) if times == -1 else None
        if not searched(text, args[:1]):
            return None
        parts = text.split(args[0], times) if name == "split" else text.rsplit(args[0])
        return _said(name, args[:1], _ended(parts, args[0]))

    return told


def _partition(text: str, args: Args, _keywords: Keywords) -> Told:
    return _said("partition", args, _ended(text.split(args[0], 1), args[0])) if searched(text, args) else None


def _partition_last(text: str, args: Args, _keywords: Keywords) -> Told:
    """Every place where it might be cut, since the last one counts."""
    return _said("rpartition", args, _ended(text.rsplit(args[0]), args[0])) if searched(text, args) else None


def _splitlines(text: str, args: Args, keywords: Keywords) -> Told:
    return None if args or keywords or _few(text) else _said("splitlines", (), text.splitlines(keepends=True))


def _join(sep: str, args: Args, _keywords: Keywords) -> Told:
    """Items with what stands between them; single characters in fives, before and after."""
    if len(args) != 1 or type(args[0]) not in (*spelled.ORDERED, *spelled.KEYED) or not FEW < len(args[0]) <= MANY:
        return None
    items = list(args[0]) if type(args[0]) in spelled.KEYED else args[0]
    if not all(type(one) is str for one in items):
        return None
    if any(len(one) > 1 for one in items):
        return _said("join", (sep,), _ended(items, sep))
    out = []
    for at in range(0, len(items), PIECE):
        group, between = items[at : at + PIECE], sep if at + PIECE < len(items) else ""
        out.append(f"{group!r} {sep.join(group) + between!r}")
    return f"join {sep!r}: " + " ".join(out)


def _filled(name: str, fill: str) -> Callable[..., Told]:
    """How long a text is, what is missing, and that in fives; of `center` what is missing on each side."""

    def told(text: str, args: Args, _keywords: Keywords) -> Told:
        if [*map(type, args)] not in ([int], [int, str]) or not 0 <= args[0] <= 2 * MANY or len(text) > 2 * MANY:
            return None
        own = args[1] if args[1:] else fill
        if len(own) != 1 or (name == "zfill" and args[1:]):
            return None  # which is an error
        width, missing = args[0], args[0] - len(text)
        out = [pieces(text, [len(text)]), f"{width}-{len(text)}", str(missing)]
        sides = [missing]
        if name == "center" and missing > 0:
            left = missing // 2 + (missing & width & 1)
            sides = [left, missing - left]
            out += map(str, sides)
        out += filter(None, (spelled.repeated(own, side) for side in sides))
        return f"{name} {', '.join(map(repr, args))}: " + " ".join(out)

    return told


def _strip(name: str) -> Callable[..., Told]:
    """What is cut off at the start and at the end."""

    def told(text: str, args: Args, _keywords: Keywords) -> Told:
        if [*map(type, args)] not in ([], [str], [type(None)]) or _few(text):
            return None
        rest = text.lstrip(*args)
        start, end = text[: len(text) - len(rest)], (text if name == "rstrip" else rest)
        cut = {"lstrip": [start], "rstrip": [end[len(end.rstrip(*args)) :]]}
        return _said(name, args, cut.get(name) or [start, *cut["rstrip"]])

    return told


def _edge(name: str) -> Callable[..., Told]:
    """As much of the start or the end as is compared."""

    def told(text: str, args: Args, _keywords: Keywords) -> Told:
        if not searched(text, args):
            return None
        size = len(args[0])
        return _said(name, args, [text[:size] if name in ("startswith", "removeprefix") else text[-size:]])

    return told


def _place(name: str) -> Callable[..., Told]:
    """Items up to the one at an index, also a near one: what stays has to be told from what goes."""

    def told(items: list[Any], args: Args, _keywords: Keywords) -> Told:
        index = args[0] if args else -1
        if type(index) is not int or len(items) <= FEW or (number := plain(index)) is None:
            return None
        steps = numbered(items, index + 1 if index >= 0 else index)
        return steps and (f"{name} {number}: {steps}" if args else f"{name}: {steps}")

    return told


def _update(table: dict[Any, Any], args: Args, keywords: Keywords) -> Told:
    """The keys that are given, and whether they are there."""
    if [*map(type, args)] not in ([], [dict]):
        return None
    keys = dict.fromkeys([*(args[0] if args else ()), *keywords])
    if not keys or len(table) + len(keys) <= FEW or listed(table) is None or (reprs := listed(keys)) is None:
        return None
    return "update: " + " ".join(f"{text} {key in table}" for key, text in zip(keys, reprs, strict=True))


METHODS: spelled.Methods = {
    **spelled.METHODS,
    (str, "replace"): _replace, (str, "splitlines"): _splitlines, (str, "join"): _join,
    (str, "partition"): _partition, (str, "rpartition"): _partition_last,
    **{(str, name): _split(name) for name in ("split", "rsplit")},
    **{(str, name): _filled(name, "0" if name == "zfill" else " ") for name in ("ljust", "rjust", "center", "zfill")},
    **{(str, name): _strip(name) for name in ("strip", "lstrip", "rstrip")},
    **{(str, name): _edge(name) for name in ("startswith", "endswith", "removeprefix", "removesuffix")},
    (list, "remove"): spelled.until("remove"), (list, "insert"): _place("insert"), (list, "pop"): _place("pop"),
    (dict, "update"): _update,
}  # fmt: skip
