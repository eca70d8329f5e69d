"""Small steps of operations: examples, and that the steps alone give the value."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from models.trace import spelled
from models.trace.pieces import LONGEST

DRAWN = 1500
WORDS = {"d": 4, "a": 1, "e": 5, "c": 3, "b": 2}
LARGE = 10**5000
"""More digits than the interpreter writes."""
PIECE = re.compile(r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(\d*)(\*?)(?: |$)""")


class Odd(list[int]):
    """A list whose length is a lie."""

    def __len__(self) -> int:
        return 77


@pytest.mark.parametrize(
    ("function", "args", "keywords", "told"),
    [
        (len, ("hello world",), {}, "len: 'hello'5 ' worl'10 'd'11"),
        (len, ([3, 1, 4, 1, 5],), {}, "len: 1:3 2:1 3:4 4:1 5:5"),
        (len, ({"a": 1, "b": 2, "c": 3, "d": 4, "e": 5},), {}, "len: 1:'a' 2:'b' 3:'c' 4:'d' 5:'e'"),
        (len, (set("hello"),), {}, None),
        (len, (set("hellos"),), {}, "len: 1:'e' 2:'h' 3:'l' 4:'o' 5:'s'"),
        (len, ("four",), {}, None),
        (len, ("x" * 61,), {}, None),
        (len, (list(range(31)),), {}, None),
        (len, (Odd(range(9)),), {}, None),
        (len, ([1, 2, 3, 4, Odd()],), {}, None),
        ("hello world".find, ("w",), {}, "find 'w': 'hello'5 ' '6"),
        ("hello world".find, ("h",), {}, "find 'h': ''0"),
        ("hello world".find, ("z",), {}, "find 'z': 'hello'5 ' worl'10 'd'11"),
        ("hello world".index, ("ld",), {}, "index 'ld': 'hello'5 ' wor'9"),
        ("hello world".find, ("o", 5), {}, "find 'o': 'hello'5 ' w'7"),
        ("hello".find, ("",), {}, None),
        ("hello".find, ("l", -1), {}, None),
        ("hello world".rfind, ("o",), {}, "rfind 'o': 'hell'4* 'o w'7* 'orld'11"),
        ("banana".count, ("a",), {}, "count 'a': 'ba'1 'na'2 'na'3"),
        ("bananas".count, ("an",), {}, "count 'an': 'ban'1 'an'2 'as'"),
        ("banana".count, ("x",), {}, "count 'x': 'banana'"),
        ("banana".replace, ("an", "-"), {}, "replace 'an': 'b' '' 'a'"),
        ("banana".replace, ("a", "-"), {}, None),
        ("abc1def".isalpha, (), {}, "isalpha: 'abc1'"),
        ([3, 1, 4, 1, 5].index, (4,), {}, "index 4: 0:3 1:1 2:4"),
        ([3, 1, 4, 1, 5].index, (7,), {}, "index 7: 0:3 1:1 2:4 3:1 4:5"),
        ([3, 1, 4, 1, 5].count, (1,), {}, "count 1: 0:3 1:1 1:4 2:1 2:5"),
        ([3, 1, 4, 1, 5].pop, (3,), {}, "pop 3: 0:3 1:1 2:4 3:1"),
        ([3, 1, 4, 1, 5].pop, (), {}, None),
        ([5, 2, 9, 1, 7].sort, (), {}, "sort: [1, 2, 5, 9] [7]"),
        (sorted, ([5, 2, 9, 1, 7],), {"reverse": True}, "sorted: [9, 5, 2, 1] [7]"),
        (sorted, ("hello world",), {}, "sorted: 'ehll' ' oow' 'dlr' ' ehlloow' 'dlr'"),
        (sorted, (["ccc", "a", "bb", "a", "dddd"],), {"key": len}, "sorted: 'ccc' 3 'a' 1 'bb' 2 'a' 1 'dddd' 4"),
        (sorted, ([5, 2, 9, 1, 7],), {"key": lambda x: -x}, None),
        (sorted, ([5, "2", 9, 1, 7],), {}, None),
        (sorted, ([5, 2, LARGE, 1, 7],), {}, None),
        (sorted, (WORDS,), {}, "sorted: ['a', 'c', 'd', 'e'] ['b']"),
        (sorted, (WORDS.keys(),), {}, "sorted: ['a', 'c', 'd', 'e'] ['b']"),
        (sorted, (WORDS,), {"key": WORDS.get, "reverse": True}, "sorted: 'd' 4 'a' 1 'e' 5 'c' 3 'b' 2"),
        (sorted, (dict.fromkeys("four"),), {}, None),
        (sorted, (Counter("hellos"),), {}, None),
        (sorted, (set("hellos"),), {}, None),
        (set, ("hello",), {}, "set: 'ehll' 'o'"),
        (max, ([3, 9, 2, 4, 11],), {}, "max: 3 9 9 9 11"),
        (min, ("hello",), {}, "min: 'heeee'"),
        (max, ([3, 9],), {}, None),
        (max, ([3, 9, 2, 4, 11],), {"default": 0}, "max: 3 9 9 9 11"),
        (min, ([3, 9, 2, 4, 11],), {"default": Odd(), "key": abs}, "min: 3 3 9 9 2 2 4 4 11 11"),
        (max, ([3, 9, 2, 4, 11],), {"other": 0}, None),
        (max, ([],), {"default": 0}, None),
        (max, ([3, 9, 2, 4, LARGE],), {}, None),
        (max, (list("abcde"),), {"key": {"b": 1}.get}, "max: 'a' None 'b' 1 'c' None 'd' None 'e' None"),
        (reversed, ("hello world",), {}, "reversed: 'hello' ' worl' 'd'"),
        (print, ("hello world",), {}, None),
        (Random.random, (), {}, None),
    ],
)
def test_calls(function: Any, args: tuple[Any, ...], keywords: dict[str, Any], told: str | None) -> None:
    assert spelled.call(function, args, keywords) == told


@pytest.mark.parametrize(
    ("container", "index", "told"),
    [
        ("hello world", 7, "'hello'5 ' w'7"),
        ("hello world", -4, "'dlro'4"),
        ("hello world", 2, None),
        ("hello world", -2, None),
        ("hello world", 99, "'hello'5 ' worl'10 'd'11"),
        ([3, 1, 4, 1, 5], -9, "-1:5 -2:1 -3:4 -4:1 -5:3"),
        ([3, 1, 4, 1, 5], 3, "0:3 1:1 2:4 3:1"),
        ([3, 1, 4, 1, 5], -3, "-1:5 -2:1 -3:4"),
        ("hello world", slice(3, 8), "'hel'3 'lo wo'8"),
        ("hello world", slice(0, 4), "'hell'4"),
        ("hello world", slice(7, None), "'hello'5 ' w'7"),
        ("hello world", slice(-4, None), "'dlro'4"),
        ("hello world", slice(3, -3), "'hel'3 'dlr'3"),
        ("hello world", slice(None, 99), "'hello'5 ' worl'10 'd'11"),
        ("hello world", slice(1, None), None),
        ("hello world", slice(1, -1), None),
        ("hello", slice(None, None, 2), "'he' 'll' 'o'"),
        ("hello, world", slice(None, None, -1), "'hello' ', wor' 'ld'"),
        ("hello", slice(None, None, -1), None),
        ([3, 1, 4, 1, 5], slice(2, 4), "0:3 1:1 2:4 3:1"),
        ([3, 1, 4, 1, 5], slice(-3, None), "-1:5 -2:1 -3:4"),
        ([3, 1, 4, 1, 5], slice(None, None, 2), "[3, 1] [4, 1] [5]"),
        ((3, 1, 4, 1, 5), slice(None, None, 2), "(3, 1) (4, 1) (5,)"),
        ([3, 1, 4, 1, 5], slice(1, -1, 3), "[1, 4, 1]"),
        ([3, 1, 4, 1, 5], slice(None, None, 6), None),
        ([3, 1, 4, 1, Odd()], slice(None, None, 2), None),
        ([set("hgfedcba"), 1, 2, 3, 4], slice(3, None, 2), "[3, 4]"),
        ([set("fedcba"), 1, 2, 3, 4], slice(None, None, 2), "[{'a', 'b', 'c', 'd', 'e', 'f'}, 1] [2, 3] [4]"),
        ([3, 1, 4, 1, 5], slice("x"), None),
        ({3: 1}, 3, None),
    ],
)
def test_items(container: Any, index: Any, told: str | None) -> None:
    assert spelled.item(container, index) == told


@pytest.mark.parametrize(
    ("needle", "container", "told"),
    [
        ("l", "hello world", "'hel'"),
        ("lo", "hello world", "'hello'"),
        ("z", "hello world", "'hello world'"),
        (4, [3, 1, 4, 1, 5], "3 1 4"),
        (7, (3, 1, 4, 1, 5), "3 1 4 1 5"),
        ("l", set("hellos"), "'e' 'h' 'l'"),
        ("b", dict.fromkeys("abcde"), "'a' 'b'"),
        ("z", "hell", None),
        (4, [3, 1, 4, 1, Odd()], None),
        (Odd(), [3, 1, 4, 1, 5], None),
    ],
)
def test_membership(needle: Any, container: Any, told: str | None) -> None:
    assert spelled.member(needle, container) == told


@pytest.mark.parametrize("odd", [[set("abc")], frozenset("abc"), {1: set("abc")}, (1, [{2}])])
def test_what_is_in_the_order_of_the_hash_seed_is_not_told(odd: Any) -> None:
    assert spelled.item([1, odd, 3, 4, 5], 3) is spelled.item((1, odd, 3, 4, 5), slice(None, None, 2)) is None
    assert spelled.call(len, ([1, odd, 3, 4, 5],), {}) is spelled.call([1, odd, 3, 4, 5].index, (3,), {}) is None
    assert spelled.member(odd, [1, 2, 3, 4, 5]) is spelled.call([1, 2, 3, 4, 5].count, (odd,), {}) is None
    assert spelled.repeated([odd], 6) is None
    assert spelled.call(max, ([1, 2, 3, 4, 5],), {"key": {1: odd}.get}) is None


def test_repetition() -> None:
    assert spelled.repeated("-", 8) == spelled.repeated(8, "-") == "'-----'5 '---'8"
    assert spelled.repeated([0], 6) == "[0, 0, 0, 0, 0]5 [0]6"
    assert spelled.repeated("-", 4) is spelled.repeated("abc", 8) is spelled.repeated(2, 8) is None


def pieces(told: str) -> list[tuple[str, str, str]]:
    """Text, number and mark of each piece; they are all there is."""
    found = PIECE.findall(told)
    assert PIECE.sub("", told) == ""
    return [(ast.literal_eval(text), number, mark) for text, number, mark in found]


def counted(told: str) -> tuple[str, int]:
    """What pieces that say where they end are a copy of, and how far it goes."""
    copied = ""
    for text, number, _ in pieces(told):
        copied += text
        assert len(text) <= spelled.PIECE
        assert int(number) == len(copied)
    return copied, len(copied)


def texts() -> Iterator[tuple[Random, str]]:
    rng = Random("spelled")
    for _ in range(DRAWN):
        alphabet = rng.choice(["ab", "abcdefg hij", "a'\"\\ \n", "0123456789", "äß→ x"])
        yield rng, "".join(rng.choice(alphabet) for _ in range(rng.randint(5, 40)))


def steps_of(function: Callable[..., Any], *args: Any) -> str | None:
    told = spelled.call(function, args, {})
    return told.split(": ", 1)[1] if told else None


def test_the_last_number_of_a_copy_is_the_value() -> None:
    found = 0
    for rng, text in texts():
        needle = rng.choice("ab01 '")
        if told := steps_of(len, text):
            assert counted(told) == (text, len(text))
        if told := steps_of(text.find, needle):
            at = text.find(needle)
            assert counted(told) == ((text, len(text)) if at < 0 else (text[:at], at))
            found += at > 0
        index = rng.randrange(3, 40)
        if index < len(text) and (told := spelled.item(text, index)):
            assert text[counted(told)[1]] == text[index]
        if index <= len(text) and (told := spelled.item(text, -index)):
            assert counted(told)[0][-1] == text[-index]
    assert found > DRAWN // 10


def test_marked_and_numbered_pieces_give_the_value() -> None:
    for rng, text in texts():
        needle = "".join(rng.choice("ab01 '") for _ in range(rng.randint(1, 2)))
        if told := steps_of(text.count, needle):
            numbers = [int(number) for _, number, _ in pieces(told) if number]
            assert numbers == list(range(1, text.count(needle) + 1))
            assert "".join(piece for piece, _, _ in pieces(told)) == text
        if told := steps_of(text.rfind, needle):
            marked = [int(number) for _, number, mark in pieces(told) if mark]
            assert (marked[-1] if marked else -1) == text.rfind(needle)
            assert "".join(piece for piece, _, _ in pieces(told)) == text
        if told := spelled.member(needle, text):
            assert ast.literal_eval(told).endswith(needle) == (needle in text)
            assert text.startswith(ast.literal_eval(told))
        step = rng.randint(2, 5)
        if told := spelled.item(text, slice(None, None, step)):
            assert "".join(piece[0] for piece, _, _ in pieces(told)) == text[::step]
        if told := spelled.item(text, slice(None, None, -1)):
            assert "".join(piece[::-1] for piece, _, _ in reversed(pieces(told))) == text[::-1]


def test_slices_end_where_the_copy_does() -> None:
    told_of = 0
    for rng, text in texts():
        start, stop = sorted(rng.randrange(len(text)) for _ in range(2))
        told = spelled.item(text, slice(start, stop))
        if told and start < stop:
            told_of += 1
            assert counted(told)[0][start:] == text[start:stop]
        if start and (told := spelled.item(text, slice(-start, None))):
            assert counted(told)[0][::-1] == text[-start:]
    assert told_of > DRAWN // 4


def test_items_of_lists_have_their_numbers() -> None:
    rng, told_of = Random("lists"), 0
    for _ in range(DRAWN):
        items = [rng.randint(-99, 99) for _ in range(rng.randint(3, 14))]
        index = rng.randrange(-len(items), len(items))
        if told := spelled.item(items, index):
            told_of += 1
            assert told.split()[-1] == f"{index}:{items[index]}"
        needle = rng.choice(items)
        if told := steps_of(items.index, needle):
            assert told.split()[-1] == f"{items.index(needle)}:{needle}"
        if told := steps_of(items.count, needle):
            assert told.split()[-1].startswith(f"{items.count(needle)}:")
        if told := steps_of(len, items):
            assert told.split()[-1].startswith(f"{len(items)}:")
        for function in (max, min):
            if told := steps_of(function, items):
                assert int(told.split()[-1]) == function(items)
        if told := steps_of(sorted, items):
            runs = [ast.literal_eval(run) for run in re.findall(r"\[.*?\]", told)]
            assert all(run == sorted(run) for run in runs)
            assert sorted([*runs[-2], *runs[-1]]) == sorted(items)
    assert told_of > DRAWN // 4


def test_nothing_that_is_told_is_long() -> None:
    for text in ("x" * 60, "'\n\"" * 20):
        told = [spelled.call(f, (text,), {}) for f in (len, sorted, set, max, reversed)]
        assert all(one is None or len(one) <= LONGEST for one in told)
