"""Small steps of cutting, joining and padding: examples, and that the steps alone give the value."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from models.trace import spelled, stepped
from models.trace.pieces import LONGEST
from tests.models.trace.test_spelled import LARGE, WORDS, Odd

DRAWN = 1500
STRING = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
LINES = "ab\ncd\n\nef"


class Text(str):
    """A text of the program's own."""


class Whole(int):
    """A number of the program's own."""


def call(function: Any, *args: Any, **keywords: Any) -> str | None:
    return spelled.call(function, args, keywords, stepped.METHODS)


@pytest.mark.parametrize(
    ("function", "args", "told"),
    [
        ("banana".replace, ("n", ""), "replace 'n': 'ba' 'a' 'a'"),
        ("banana".replace, ("n", "", 1), "replace 'n': 'ba' 'ana'"),
        ("banana".replace, ("x", "y"), "replace 'x': 'banana'"),
        ("bana".replace, ("n", ""), None),
        ("banana".replace, ("", "-"), None),
        ("banana".replace, ("n", Text()), None),
        ("banana".replace, ("n",), None),
        ("ab, c, ".split, (", ",), "split ', ': 'ab, ' 'c, ' ''"),
        ("a.b.c".split, (".", 1), "split '.': 'a.' 'b.c'"),
        ("a.b.c".rsplit, (".", 1), "rsplit '.': 'a.' 'b.' 'c'"),
        ("aaaaa".rsplit, ("aa",), "rsplit 'aa': 'aaa' 'aa' ''"),
        (" to  be ".split, (), "split: ' to  ' 'be '"),
        (" to  be ".split, (None,), "split: ' to  ' 'be '"),
        (" to  be ".split, (None, 1), None),
        ("a b".split, (), None),
        ("a.b.c".split, (".", Whole(1)), None),
        ("a.b.c".split, (Text("."),), None),
        (LINES.splitlines, (), r"splitlines: 'ab\n' 'cd\n' '\n' 'ef'"),
        (LINES.splitlines, (True,), None),
        ("a.b.c".partition, (".",), "partition '.': 'a.' 'b.c'"),
        ("a.b.c".rpartition, (".",), "rpartition '.': 'a.' 'b.' 'c'"),
        ("a.b.c".partition, ("x",), "partition 'x': 'a.b.c'"),
        ("-".join, ("abcdef",), "join '-': 'abcde' 'a-b-c-d-e-' 'f' 'f'"),
        ("".join, (list("banana"),), "join '': ['b', 'a', 'n', 'a', 'n'] 'banan' ['a'] 'a'"),
        ("".join, (tuple("banana"),), "join '': ('b', 'a', 'n', 'a', 'n') 'banan' ('a',) 'a'"),
        (", ".join, (["ab", "c", "", "d", "ef"],), "join ', ': 'ab, ' 'c, ' ', ' 'd, ' 'ef'"),
        (",".join, (WORDS,), "join ',': ['d', 'a', 'e', 'c', 'b'] 'd,a,e,c,b'"),
        (",".join, (WORDS.keys(),), "join ',': ['d', 'a', 'e', 'c', 'b'] 'd,a,e,c,b'"),
        ("".join, (list("bana"),), None),
        ("".join, (["a", "b", "c", "d", 5],), None),
        ("".join, (["a", "b", "c", "d", Text("e")],), None),
        ("".join, (set("abcdef"),), None),
        ("".join, (Odd(range(9)),), None),
        ("hello w".ljust, (9,), "ljust 9: 'hello'5 ' w'7 9-7 2"),
        ("hello".rjust, (3, "*"), "rjust 3, '*': 'hello'5 3-5 -2"),
        ("hi".center, (9,), "center 9: 'hi'2 9-2 7 4 3"),
        ("hi".center, (2,), "center 2: 'hi'2 2-2 0"),
        ("-5".zfill, (9,), "zfill 9: '-5'2 9-2 7 '00000'5 '00'7"),
        ("hi".center, (15, "-"), "center 15, '-': 'hi'2 15-2 13 7 6 '-----'5 '--'7 '-----'5 '-'6"),
        ("hi".ljust, (9, "ab"), None),
        ("hi".ljust, (99,), None),
        ("hi".ljust, (Whole(9),), None),
        ("hi".zfill, (9, "0"), None),
        ("  hello ".strip, (), "strip: '  ' ' '"),
        ("  hello ".lstrip, (), "lstrip: '  '"),
        ("  hello ".rstrip, (), "rstrip: ' '"),
        ("xxhix".strip, ("x",), "strip 'x': 'xx' 'x'"),
        ("     ".strip, (None,), "strip None: '     ' ''"),
        (" hi ".strip, (), None),
        ("hello".startswith, ("he",), "startswith 'he': 'he'"),
        ("hello".endswith, ("xyz",), "endswith 'xyz': 'llo'"),
        ("hello".endswith, ("say hello",), "endswith 'say hello': 'hello'"),
        ("hello".startswith, (("he", "x"),), None),
        ("hello".startswith, ("el", 1), None),
        ("hello".removeprefix, ("he",), "removeprefix 'he': 'he'"),
        ("hello".removesuffix, ("he",), "removesuffix 'he': 'lo'"),
        ([3, 1, 4, 1, 5].remove, (4,), "remove 4: 0:3 1:1 2:4"),
        ([3, 1, 4, 1, 5].insert, (1, 7), "insert 1: 0:3 1:1"),
        ([3, 1, 4, 1, 5].insert, (-1, Odd()), "insert -1: -1:5"),
        ([3, 1, 4, 1, 5].pop, (), "pop: -1:5"),
        ([3, 1, 4, 1, 5].pop, (0,), "pop 0: 0:3"),
        ([3, 1, 4, 1, 5].pop, (-2,), "pop -2: -1:5 -2:1"),
        ([3, 1, 4, 1, Odd()].pop, (), None),
        ([3, 1, 4, 1].pop, (), None),
        (dict(WORDS).update, ({"a": 2, "f": 3},), "update: 'a' True 'f' False"),
        (dict(WORDS).update, ([("a", 2)],), None),
        ({1: 2}.update, ({3: 4},), None),
        ({1: 2, Odd: 3}.update, (WORDS,), None),
        ("hello world".title, (), None),
        ("hello world".find, ("w",), "find 'w': 'hello'5 ' '6"),
    ],
)
def test_calls(function: Any, args: tuple[Any, ...], told: str | None) -> None:
    assert call(function, *args) == told


def test_keywords() -> None:
    assert call("a.b.c".split, ".", maxsplit=1) == "split '.': 'a.' 'b.c'"
    assert call("a.b.c".split, sep=".") is call("a b c".split, maxsplit=1) is None
    assert call(LINES.splitlines, keepends=True) is call([3, 1, 4, 1, 5].pop, LARGE) is None
    assert call(dict(WORDS).update, {"a": 2}, a=3, g=4) == "update: 'a' True 'g' False"


def texts() -> Iterator[tuple[Random, str]]:
    rng = Random("stepped")
    for _ in range(DRAWN):
        alphabet = rng.choice(["ab", "abc, ", "a'\"\\ \n", "0123456789", "  x\ty"])
        yield rng, "".join(rng.choice(alphabet) for _ in range(rng.randint(5, 40)))


def strings(told: str) -> list[str]:
    """The texts in what is told behind the operation."""
    head = re.match(r"\w+(?: (?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|-?\d+|, )*)?: ", told)
    assert head, told
    return [ast.literal_eval(text) for text in STRING.findall(told[head.end() :])]


def test_what_is_cut_is_all_of_the_text_and_each_piece_ends_where_it_is_cut() -> None:
    found = 0
    for rng, text in texts():
        sep = rng.choice(["a", ",", ", ", "ab", "1"])
        for name in ("split", "rsplit"):
            if told := call(getattr(text, name), sep):
                *ended, rest = strings(told)
                assert "".join([*ended, rest]) == text and all(part.endswith(sep) for part in ended)
                assert [*(part.removesuffix(sep) for part in ended), rest] == getattr(text, name)(sep)
        if told := call(text.split):
            assert "".join(strings(told)) == text
            assert [word for part in strings(told) if (word := part.strip())] == text.split()
        if told := call(text.partition, sep):
            first, *rest = strings(told)
            whole = first + "".join(rest)
            assert text.partition(sep) == ((first.removesuffix(sep), sep, rest[0]) if rest else (whole, "", ""))
            found += len(rest)
        if told := call(text.rpartition, sep):
            *ended, last = strings(told)
            assert "".join(ended).removesuffix(sep) == text.rpartition(sep)[0]
            assert last == text.rpartition(sep)[2]
    assert found > DRAWN // 10


def test_what_stays_gives_the_value() -> None:
    for rng, text in texts():
        old, new, times = rng.choice("ab,1 "), rng.choice(["", "x", "--"]), rng.choice([-1, 0, 1, 2])
        if told := call(text.replace, old, new, times):
            assert new.join(strings(told)) == text.replace(old, new, times)
        if told := call(text.strip):
            start, end = strings(told)
            assert start + text.strip() + end == text
        if told := call(text.lstrip, "ab"):
            assert "".join([*strings(told), text.lstrip("ab")]) == text
        width = rng.randint(0, 60)
        for name in ("ljust", "rjust", "center", "zfill"):
            if told := call(getattr(text, name), width):
                missing = int(told.split(f" {width}-{len(text)} ")[1].split(" ")[0])
                assert len(getattr(text, name)(width)) == len(text) + max(0, missing)
            if name == "center" and told and missing > 0:
                left, right = map(int, told.split(f" {width}-{len(text)} {missing} ")[1].split(" ")[:2])
                assert " " * left + text + " " * right == text.center(width)


def test_what_is_joined_gives_the_value() -> None:
    found = 0
    for rng, text in texts():
        sep, single = rng.choice(["", "-", ", ", "ab"]), rng.random() < 0.5
        items = list(text) if single else [text[at : at + 3] for at in range(0, len(text), 3)]
        if not (told := call(sep.join, items)):
            continue
        if any(len(one) > 1 for one in items):
            assert "".join(strings(told)) == sep.join(items)
            continue
        groups = re.findall(r"\[.*?\] ('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")(?= \[|$)", told)
        if "[" not in text and "]" not in text:
            assert "".join(map(ast.literal_eval, groups)) == sep.join(items), told
            found += 1
    assert found > DRAWN // 10


def test_whatever_operands_are_nothing_goes_wrong_and_nothing_is_long() -> None:
    rng = Random("operands")
    own: list[Any] = [Text("ab"), Whole(3), Odd(range(9)), {Odd: 1}]
    operands = ["", "a", ",", "hello, world", "x" * 70, 3, -1, LARGE, None, [1], list("abcdef") * 4, WORDS, (1,), *own]
    for kind, name in stepped.METHODS:
        for _ in range(200):
            receiver = rng.choice([one for one in operands if type(one) is kind])
            told = call(getattr(receiver, name), *rng.sample(operands, rng.randint(0, 3)))
            assert told is None or len(told) <= LONGEST
