"""Operations on texts and lists that take a count or a search, spelled out so that each token is a small step.

A model that reads characters copies well and counts badly: the length of a text, the place of a letter, the item at an
index are far from where they are asked for. So the text is copied in pieces of up to five, each followed by where it
ends, and the items of a list with their indices:

    len('hello world')            len: 'hello'5 ' worl'10 'd'11
    'hello world'.find('w')       find 'w': 'hello'5 ' '6              up to the hit
    'hello world'.rfind('o')      rfind 'o': 'hell'4* 'o w'7* 'orld'11 hits are marked
    'banana'.count('a')           count 'a': 'ba'1 'na'2 'na'3         hits so far
    'hello world'[3:8]            'hel'3 'lo wo'8
    'hello world'[-4]             'dlro'4                              from the end
    'hello'[::2]                  'he' 'll' 'o'                        the first of each
    'hello, world'[::-1]          'hello' ', wor' 'ld'                 each backwards, from the last
    '-' * 8                       '-----'5 '---'8
    'e' in 'hello world'          'he'
    [3, 1, 4, 1, 5][3]            0:3 1:1 2:4 3:1
    sorted([5, 2, 9, 1, 7])       sorted: [1, 2, 5, 9] [7]             sorted fours, to be merged; `set` alike
    max([3, 9, 2, 4, 11])         max: 3 9 9 9 11                      the largest so far

Whether something is told depends on the operands alone, never on the outcome, which a writer of the narrative does not
know yet. Everything is computed from operands of exactly the builtin types, so that nothing of the program runs, and
is the same under every hash seed.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from types import BuiltinFunctionType
from typing import Any

from models.trace.pieces import (
    FEW,
    MANY,
    NEAR,
    PIECE,
    Keywords,
    Told,
    found_at,
    listed,
    numbered,
    pieces,
    searched,
    short,
)  # fmt: skip
from models.trace.values import in_order, plain, steady

SORTED = 16
ORDERED = (str, list, tuple)
SIZED = (*ORDERED, dict, set)
KEYED: tuple[type, ...] = (dict, type({}.keys()))
Methods = Mapping[tuple[type, str], Callable[[Any, tuple[Any, ...], Keywords], Told]]
"""By the type of what it is called on, and the name of a method: what is told of it."""


def call(function: Any, args: tuple[Any, ...], keywords: Keywords, methods: Methods | None = None) -> Told:
    """What is told of a call of a builtin function, or of a method of a text or list (`methods`; else `METHODS`)."""
    known = function is set or function is reversed
    if type(function) is not BuiltinFunctionType and not known:
        return None
    name, receiver = function.__name__, builtins if known else function.__self__
    if receiver is builtins and len(args) == 1 and name in FUNCTIONS:
        told = FUNCTIONS[name](args[0], keywords)
        return short(told and f"{name}: {told}")
    method = (METHODS if methods is None else methods).get((type(receiver), name))
    return short(method(receiver, args, keywords)) if method is not None else None


def item(container: Any, index: Any) -> Told:
    """What is told of `container[index]`."""
    if type(container) not in ORDERED or not FEW < len(container) <= 2 * MANY:
        return None
    if type(index) is slice:
        return short(_slice(container, index))
    if type(index) is not int or -NEAR <= index <= NEAR or plain(index) is None:
        return None
    if type(container) is not str:
        return short(numbered(container, index + 1 if index > 0 else index))
    return short(pieces(container, [index]) if index > 0 else pieces(container[::-1], [-index]))


def member(needle: Any, container: Any) -> Told:
    """What is told of `needle in container`: the items up to the one that is it."""
    if type(container) not in SIZED or not FEW < len(container) <= 2 * MANY:
        return None
    if type(container) is str:
        at = container.find(needle) if type(needle) is str and needle else None
        return None if at is None else short(repr(container if at < 0 else container[: at + len(needle)]))
    reprs = listed(container) if steady(needle) is not None else None
    items = in_order(container) if reprs and type(container) is set else container
    return short(" ".join(reprs[: found_at(items, needle) + 1])) if reprs else None


def repeated(left: Any, right: Any) -> Told:
    """What is told of `left * right` for a text or list and how often it is repeated: fives of it."""
    items, times = (right, left) if type(left) is int else (left, right)
    if type(items) not in (str, list) or type(times) is not int or not FEW < times <= 2 * MANY or len(items) > NEAR:
        return None
    if not items or steady(items) is None:
        return None
    ends = [*range(PIECE, times, PIECE), times]
    return short(" ".join(f"{items * ((end - 1) % PIECE + 1)!r}{end}" for end in ends))


def operand(function: Any, args: tuple[Any, ...]) -> Told:
    """The one that a method or function of a single value was called on, if it is short."""
    known = function is int or function is float
    own = builtins if known else function.__self__ if type(function) is BuiltinFunctionType else None
    value = own if type(own) is str else args[0] if own is builtins and len(args) == 1 else None
    text = plain(value) if type(value) in (str, int, float) else None
    return text if text is not None and len(text) <= PIECE * FEW else None


def _slice(items: Any, index: slice) -> Told:
    start, stop, step = index.start, index.stop, 1 if index.step is None else index.step
    if not all(part is None or type(part) is int for part in (start, stop, step)) or step == 0:
        return None
    if step > 1:
        return _strides(items, slice(start, stop), step) if step <= PIECE else None
    if step < 0:
        return _backwards(items, {}) if start is None and stop is None and step == -1 else None
    front, back = ends(items, index)
    out = []
    if front and front[-1] > NEAR:
        out.append(pieces(items, front) if type(items) is str else numbered(items, front[-1]))
    if back and back[-1] > NEAR:
        out.append(pieces(items[::-1], back) if type(items) is str else numbered(items, -back[-1]))
    return " ".join(part for part in out if part)


def ends(items: Any, index: slice) -> tuple[list[int], list[int]]:
    """Where a slice is cut: places counted from the start, and from the end."""
    cuts = [cut for cut in (index.start, index.stop) if cut]
    front = sorted({min(cut, len(items)) for cut in cuts if cut > 0})
    return front, sorted({min(-cut, len(items)) for cut in cuts if cut < 0})


def _strides(items: Any, cut: slice, step: int) -> Told:
    """What is cut out, in groups of which the first is taken."""
    parts = items if type(items) is str else listed(items)
    if parts is None:
        return None
    parts = parts[cut]
    groups = [parts[at : at + step] for at in range(0, len(parts), step)]
    if type(items) is str:
        return " ".join(map(repr, groups))
    if type(items) is list:
        return " ".join(f"[{', '.join(group)}]" for group in groups)
    return " ".join(f"({', '.join(group)}{',' * (len(group) == 1)})" for group in groups)


def _backwards(text: Any, _keywords: Keywords) -> Told:
    """A text in fives, from which it is written backwards."""
    if type(text) is not str or not PIECE < len(text) <= 2 * MANY:
        return None
    return " ".join(repr(text[at : at + PIECE]) for at in range(0, len(text), PIECE))


def _len(value: Any, _keywords: Keywords) -> Told:
    if type(value) not in SIZED or len(value) <= FEW:
        return None
    if type(value) is str:
        return pieces(value, [len(value)]) if len(value) <= 2 * MANY else None
    return numbered(value, len(value), 1)


def _sorted(value: Any, keywords: Keywords) -> Told:
    """Sorted fours, and eights made of these, if there are more than two; or each item with its key."""
    if type(value) not in (*ORDERED, *KEYED) or len(value) <= FEW:
        return None
    items, reverse = list(value) if type(value) in KEYED else value, keywords.get("reverse", False)
    if type(reverse) is not bool:
        return None
    if keywords.get("key") is not None:
        return _keys(items, keywords["key"])
    if len(items) > SORTED or not _alike(items):
        return None
    out, size = [], FEW
    while size < len(items):
        for at in range(0, len(items), size):
            run = sorted(items[at : at + size], reverse=reverse)
            out.append(repr("".join(run) if type(items) is str else run))
        size *= 2
    return " ".join(out)


def _extreme(choose: Callable[..., Any]) -> Callable[[Any, Keywords], Told]:
    def told(value: Any, keywords: Keywords) -> Told:
        if type(value) not in ORDERED or not FEW < len(value) <= MANY or keywords.keys() - {"key", "default"}:
            return None
        if keywords.get("key") is not None:
            return _keys(value, keywords["key"])
        if not _alike(value):
            return None
        best = [value[0]]
        for one in value[1:]:
            best.append(choose(best[-1], one))
        return repr("".join(best)) if type(value) is str else " ".join(map(repr, best))

    return told


def _alike(items: Sequence[Any]) -> bool:
    """Whether they are numbers, or texts, all of them, and none too long."""
    kinds = set(map(type, items))
    return (kinds == {str} or kinds <= {int, float}) and (type(items) is str or listed(items) is not None)


def _keys(items: Sequence[Any], key: Any) -> Told:
    """Each item with its key, where computing that runs nothing of the program."""
    if type(key) is not BuiltinFunctionType or type(items) is str or not (reprs := listed(items)):
        return None
    table = key.__self__ if key.__name__ == "get" and type(key.__self__) is dict else None
    pure = key is len or key is abs if table is None else listed(table) is not None  # its keys may be compared
    kinds = set(map(type, items))
    if not pure or not (kinds <= {int} or (kinds == {str} and key is not abs)) or (key is len and kinds != {str}):
        return None
    keys = [steady(key(one)) for one in items]
    return " ".join(f"{one} {text}" for one, text in zip(reprs, keys, strict=True)) if None not in keys else None


def _find(name: str) -> Callable[..., Told]:
    def told(text: str, args: tuple[Any, ...], _keywords: Keywords) -> Told:
        start = args[1] if len(args) == 2 else 0
        if not searched(text, args[:1]) or len(args) > 2 or type(start) is not int or not 0 <= start < len(text):
            return None
        at = text.find(args[0], start)
        stops = [start] * bool(start) + [len(text) if at < 0 else at]
        return f"{name} {args[0]!r}: {pieces(text, stops)}"

    return told


def _find_last(name: str) -> Callable[..., Told]:
    def told(text: str, args: tuple[Any, ...], _keywords: Keywords) -> Told:
        if not searched(text, args):
            return None
        hits = [at for at in range(len(text)) if text.startswith(args[0], at)]
        return f"{name} {args[0]!r}: {pieces(text, [*hits, len(text)], '*')}"

    return told


def _count(text: str, args: tuple[Any, ...], _keywords: Keywords) -> Told:
    if not searched(text, args):
        return None
    *parts, rest = text.split(args[0])
    out = [f"{part + args[0]!r}{number}" for number, part in enumerate(parts, 1)]
    return f"count {args[0]!r}: " + " ".join(out + [repr(rest)] * bool(rest))


def _replace(text: str, args: tuple[Any, ...], _keywords: Keywords) -> Told:
    """What stays; a single character is replaced while it is copied."""
    if len(args) != 2 or not searched(text, args[:1]) or len(args[0]) == 1:
        return None
    return f"replace {args[0]!r}: " + " ".join(map(repr, text.split(args[0])))


def until(name: str) -> Callable[..., Told]:
    """Of a method that looks for an item: those up to it."""

    def told(items: Any, args: tuple[Any, ...], _keywords: Keywords) -> Told:
        if len(args) != 1 or len(items) <= FEW or (needle := steady(args[0])) is None or not listed(items):
            return None
        return f"{name} {needle}: {numbered(items, found_at(items, args[0]) + 1)}"

    return told


def _count_items(items: Any, args: tuple[Any, ...], _keywords: Keywords) -> Told:
    """Items, each with the number of hits so far."""
    if len(args) != 1 or len(items) <= FEW or (needle := steady(args[0])) is None or not (reprs := listed(items)):
        return None
    out, hits = [], 0
    for one, text in zip(items, reprs, strict=True):
        hits += one is args[0] or one == args[0]
        out.append(f"{hits}:{text}")
    return f"count {needle}: " + " ".join(out)


def _every(name: str) -> Callable[..., Told]:
    """Of a question about every character: those up to the first for which it is not so."""

    def told(text: str, args: tuple[Any, ...], _keywords: Keywords) -> Told:
        if args or not FEW < len(text) <= 2 * MANY:
            return None
        end = next((at for at, one in enumerate(text, 1) if not getattr(one, name)()), len(text))
        return f"{name}: {text[:end]!r}"

    return told


def _at_index(name: str) -> Callable[..., Told]:
    def told(items: Any, args: tuple[Any, ...], _keywords: Keywords) -> Told:
        steps = item(items, args[0]) if args and type(args[0]) is int else None
        return f"{name} {args[0]}: {steps}" if steps else None

    return told


def _sort(items: Any, args: tuple[Any, ...], keywords: Keywords) -> Told:
    told = None if args else _sorted(items, keywords)
    return told and f"sort: {told}"


FUNCTIONS: dict[str, Callable[[Any, Keywords], Told]] = {
    "len": _len, "sorted": _sorted, "set": _sorted, "max": _extreme(max), "min": _extreme(min), "reversed": _backwards,
}  # fmt: skip
METHODS: Methods = {
    (str, "find"): _find("find"), (str, "index"): _find("index"), (str, "rfind"): _find_last("rfind"),
    (str, "rindex"): _find_last("rindex"), (str, "count"): _count, (str, "replace"): _replace,
    (list, "index"): until("index"), (tuple, "index"): until("index"),
    (list, "count"): _count_items, (tuple, "count"): _count_items,
    (list, "pop"): _at_index("pop"), (list, "insert"): _at_index("insert"), (list, "sort"): _sort,
    **{(str, name): _every(name) for name in ("isalpha", "isdigit", "isalnum", "isspace")},
}  # fmt: skip
