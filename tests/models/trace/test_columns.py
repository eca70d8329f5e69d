"""Arithmetic on paper: examples, and that the value can be read off the last of what is written."""

from __future__ import annotations

from random import Random

import pytest

from models.trace import columns

DRAWN = 3000


@pytest.mark.parametrize(
    ("left", "symbol", "right", "steps"),
    [
        (345, "+", 678, "13 12 10"),
        (1023, "-", 678, "-5 -6 -7 0"),
        (678, "-", 1023, "-5 -6 -7 0"),
        (345, "*", 7, "35 31 24"),
        (7, "*", 345, "35 31 24"),
        (345, "*", 67, "2415 20700"),
        (1234, "//", 7, "12-7 53-49 44-42"),
        (93, "%", 17, "93-85"),
        (3, "**", 5, "3 9 27 81 243"),
        (99, "+", 38, None),
        (345, "+", 8, None),
        (12, "*", 7, None),
        (345, "*", 60, None),
        (1234, "%", 10, None),
        (99, "//", 7, None),
        (5, "//", 0, None),
        (-345, "+", 678, None),
        (10**9, "+", 678, None),
        (345.0, "+", 678, None),
        (True, "**", 5, None),
    ],
)
def test_examples(left: object, symbol: str, right: object, steps: str | None) -> None:
    assert columns.spelled(symbol, left, right) == steps


def read(symbol: str, steps: str) -> int:
    """The value, as a reader of the steps alone gets it; of a difference its absolute value."""
    if symbol in ("//", "%"):
        pairs = [tuple(map(int, pair.split("-"))) for pair in steps.split()]
        return pairs[-1][0] - pairs[-1][1]
    numbers = [int(one) for one in steps.split()]
    if symbol == "**":
        return numbers[-1]
    if symbol == "products":
        return sum(numbers)
    digits = [n % 10 for n in numbers[:-1]] + numbers[-1:]
    return sum(digit * 10**place for place, digit in enumerate(digits))


def test_the_value_can_be_read_off() -> None:
    rng, told = Random("columns"), 0
    for _ in range(DRAWN):
        left, right = (rng.randrange(10 ** rng.randint(1, 5)) for _ in range(2))
        symbol = rng.choice(["+", "-", "*", "//", "%"])
        if (steps := columns.spelled(symbol, left, right)) is None:
            continue
        told += 1
        value = {"+": left + right, "-": abs(left - right), "*": left * right}.get(symbol)
        if value is None:
            value = left % right
            assert sum(int(pair.split("-")[1]) // right > 9 for pair in steps.split()) == 0
            quotient = "".join(str(int(pair.split("-")[1]) // right) for pair in steps.split())
            assert int(quotient) == left // right
        assert read("products" if symbol == "*" and min(left, right) >= 10 else symbol, steps) == value, (left, right)
    assert told > DRAWN // 4
