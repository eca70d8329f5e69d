"""Places counted: examples, that the count alone gives the item, and what is told of a place the second time."""

from __future__ import annotations

import ast
import re
from random import Random
from typing import Any

import pytest

from models.trace.places import Places
from tests.models.trace.test_spelled import LARGE, Odd

DRAWN = 3000
HELLO = "hello world"
PART = re.compile(r"""((?:-?\d+:)?)('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\[[^]]*\]|-?\d+)(\d*)(?: |$)""")


@pytest.mark.parametrize(
    ("container", "index", "told"),
    [
        (HELLO, 7, "'hello'5 5:' ' 6:'w' 7:'o'"),
        (HELLO, 1, "0:'h' 1:'e'"),
        (HELLO, 5, "'hello'5 5:' '"),
        (HELLO, 0, None),
        (HELLO, -1, None),
        (HELLO, -2, "-1:'d' -2:'l'"),
        (HELLO, -7, "'dlrow'5 -6:' ' -7:'o'"),
        (HELLO, 99, "'hello'5 ' worl'10 10:'d'"),
        (HELLO, -99, "'dlrow'5 ' olle'10 -11:'h'"),
        (HELLO, True, None),
        ("hell", 3, None),
        (HELLO, slice(3, 8), "0:'h' 1:'e' 2:'l' 3:'l' 4:'o' 5:' ' 6:'w' 7:'o' 8"),
        (HELLO, slice(7, None), "'hello'5 5:' ' 6:'w' 7:'orld'"),
        (HELLO, slice(5, None), "'hello'5 5:' world'"),
        (HELLO, slice(None, 5), "'hello'5"),
        (HELLO, slice(None, 6), "'hello'5 5:' ' 6"),
        (HELLO, slice(2, -3), "0:'h' 1:'e' 2 -1:'d' -2:'l' -3:'r'"),
        (HELLO, slice(None, -1), "-1:'d'"),
        (HELLO, slice(1, None), None),
        (HELLO, slice(0, 1), None),
        (HELLO, slice(Odd(), 3), None),
        (HELLO, slice(None, None, 4), "'hell' 'o wo' 'rld'"),
        ("'quote''quote'", slice(6, None), "\"'quot\"5 5:'e' 6:\"''quote'\""),
        ([3, 1, 4, 1, 5], slice(2, 4), "0:3 1:1 2:4 3:1 4"),
        ([3, 1, 4, 1, 5], slice(2, None), "0:3 1:1 2:[4, 1, 5]"),
        ([3, 1, 4, 1, 5], -2, "-1:5 -2:1"),
        ([3, 1, 4, 1, 5, 9, 2, 6], 6, "0:3 1:1 2:4 3:1 4:5 5:9 6:2"),
        ((3, 1, 4, 1, 5), 1, "0:3 1:1"),
        ([3, 1, 4, 1, Odd()], 2, None),
        ([3, 1, 4, 1, frozenset("ab")], 2, None),
        ([3, 1, 4, 1, {2}], slice(2, None), "0:3 1:1 2"),
        (Odd(range(9)), 3, None),
        ({3: 1}, 3, None),
    ],
)
def test_the_first_time(container: Any, index: Any, told: str | None) -> None:
    assert Places().item(container, index) == told


def test_numbers_that_cannot_be_written() -> None:
    assert Places().item(HELLO, LARGE) is Places().item(HELLO, -LARGE) is None
    assert Places().item(HELLO, slice(None, LARGE)) == "'hello'5 ' worl'10 10:'d' 11"


def again(places: Places, container: Any, index: Any) -> str | None:
    told = places.item(container, index)
    places.settle(told is not None)
    return told


def test_what_was_told_is_told_from_the_five_that_holds_the_place() -> None:
    places = Places()
    text = "hello world, says he"
    assert again(places, text, 6) == "'hello'5 5:' ' 6:'w'"
    assert again(places, text, 7) == "5:' ' 6:'w' 7:'o'"
    assert again(places, text, 3) == "0:'h' 1:'e' 2:'l' 3:'l'"
    assert again(places, text, 11) == "'hello'5 ' worl'10 10:'d' 11:','"
    assert again(places, text, 16) == "' worl'10 'd, sa'15 15:'y' 16:'s'"
    assert again(places, text, -7) == "'eh sy'5 -6:'a' -7:'s'"
    assert again(places, text[:-1], 7) == "'hello'5 5:' ' 6:'w' 7:'o'"
    assert again(places, text, slice(12, 14)) == "10:'d' 11:',' 12:' ' 13:'s' 14"


def test_a_length_tells_all_of_a_text() -> None:
    places = Places()
    places.length(HELLO)
    places.settle(True)
    assert again(places, HELLO, 7) == "5:' ' 6:'w' 7:'o'"


def test_what_was_not_told_is_not_known() -> None:
    places = Places()
    places.item(HELLO, 6)
    places.settle(False)
    assert again(places, HELLO, 7) == "'hello'5 5:' ' 6:'w' 7:'o'"


def test_a_list_that_changed_is_another_one() -> None:
    places, items = Places(), [3, 1, 4, 1, 5, 9, 2, 6]
    assert again(places, items, 6) == "0:3 1:1 2:4 3:1 4:5 5:9 6:2"
    assert again(places, items, 7) == "5:9 6:2 7:6"
    items[0] = 4
    assert again(places, items, 7) == "0:4 1:1 2:4 3:1 4:5 5:9 6:2 7:6"


def test_every_number_is_that_of_what_stands_there_and_the_last_is_the_item() -> None:
    rng, found = Random("places"), 0
    places = Places()
    for _ in range(DRAWN):
        if rng.random() < 0.3:
            places = Places()
        kind = rng.choice(["abc", "a'\"\\ \n", "0123"])
        text = "".join(rng.choice(kind) for _ in range(rng.choice([5, 9, 17, 30])))
        container: Any = rng.choice([text, [ord(one) for one in text]])
        for index in rng.sample(range(-len(text), len(text)), 5):
            if (told := again(places, container, index)) is None:
                continue
            parts = PART.findall(told)
            assert "".join(a + b + c + " " for a, b, c in parts).strip() == told
            for number, shown, end in parts:
                value = ast.literal_eval(shown)
                if number:
                    assert container[int(number[:-1])] == value
                else:
                    forth = container if index > 0 else container[::-1]
                    assert forth[int(end) - 5 : int(end)] == value
            assert int(parts[-1][0][:-1]) == index
            found += 1
    assert found > DRAWN


def test_of_a_slice_the_numbers_from_where_it_begins_to_where_it_ends_are_the_value() -> None:
    rng, found = Random("slices"), 0
    for _ in range(DRAWN):
        items = [rng.randint(0, 99) for _ in range(rng.randint(5, 12))]
        start, stop = sorted(rng.sample(range(2, len(items) + 1), 2))
        told = Places().item(items, slice(start, stop))
        assert told is not None
        *numbered, end = told.split(" ")
        assert int(end) == stop
        assert [int(part.split(":")[1]) for part in numbered[start:]] == items[start:stop]
        rest = Places().item(items, slice(start, None))
        assert rest is not None and rest.endswith(f" {start}:{items[start:]}")
        found += 1
    assert found == DRAWN
