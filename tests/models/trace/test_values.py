"""Values as text: the order in which the items of a set are told."""

from __future__ import annotations

from collections import namedtuple
from enum import Enum, IntEnum
from itertools import permutations
from typing import Any

import pytest

from models.trace.values import in_order, told, without_addresses

NAN = float("nan")
Point = namedtuple("Point", "x y")


class Color(Enum):
    RED = 1


class Level(IntEnum):
    LOW, HIGH = 9, 10


class Backwards(int):
    def __lt__(self, other: int) -> bool:
        raise AssertionError


@pytest.mark.parametrize(
    "items",
    [
        [9, 10, 11],
        [-1.5, True, 9, 10.5],
        ["B", "a", "á"],
        [b"9", b"a"],
        [(9, "b"), (10, "a"), (10, "a", None)],
        [(None, 9), (None, 10)],
        [Point(9, 1), Point(10, 0)],
        [(Color.RED, 9), (Color.RED, 10)],
        [Level.LOW, Level.HIGH],
    ],
)
def test_what_can_be_put_in_order_is(items: list[Any]) -> None:
    for mixed in permutations(items):
        assert in_order(set(mixed)) == items


@pytest.mark.parametrize(
    "items",
    [
        [9, "a", None],
        [NAN, 9.5, 10.5],
        [(1, NAN), (1, 9.5), (1, 10.5)],
        [frozenset({9}), frozenset({9, 10}), frozenset({10})],
        [(1, frozenset({9})), (1, frozenset({10}))],
        [Backwards(9), Backwards(10)],
        [(1, Backwards(9)), (1, Backwards(10))],
    ],
)
def test_what_cannot_is_in_order_of_its_reprs(items: list[Any]) -> None:
    for mixed in permutations(items):
        assert list(map(repr, in_order(set(mixed)))) == sorted(map(repr, items))


class Hidden:
    @property
    def __dict__(self) -> dict[str, object]:  # type: ignore[override]
        raise AssertionError


class Plain:
    def __init__(self) -> None:
        self.x = 1


class Odd(Plain):
    __dict__ = Hidden.__dict__["__dict__"]


def test_an_object_is_told_by_its_attributes_whatever_its_class_makes_of_them() -> None:
    class Slotted:
        __slots__ = ()

    assert (told(Plain()), told(Odd())) == ("Plain(x=1)", "Odd(x=1)")
    assert [without_addresses(told(one)) for one in (Hidden(), Slotted())] == ["<Hidden>", "<Slotted>"]
