"""Arithmetic of whole numbers as it is done on paper: what is written between the operands and the value.

    345 + 678     13 12 10              sums of the columns, from the right, each with what is carried
    1023 - 678    -5 -6 -7 0            differences likewise; one below zero borrows from the next
    345 * 7       35 31 24              products of the columns
    345 * 67      2415 20700            one product for each digit of the second, from the right
    3 ** 5        3 9 27 81 243
    1234 // 7     12-7 53-49 44-42      what is divided at each digit, and the multiple that is taken away

Nothing is told where one step does: small numbers, and divisors whose remainder the last digits show.
"""

from __future__ import annotations

LARGEST = 10**9
"""Operands from it on are not spelled out."""
SHOWN_BY_DIGITS = frozenset({1, 2, 5, 10, 100, 1000})


def spelled(symbol: str, left: object, right: object) -> str | None:
    """The steps of `left symbol right`; None where there is nothing to tell."""
    if type(left) is not int or type(right) is not int or not (0 <= left < LARGEST and 0 <= right < LARGEST):
        return None
    if symbol in ("//", "%"):
        return _division(left, right)
    if symbol == "**":
        return _power(left, right)
    small, large = sorted((left, right))
    if symbol == "*":
        return _product(large, small)
    if symbol not in ("+", "-") or large < 100 or small < 10:
        return None
    return _columns(large, small, 1 if symbol == "+" else -1)


def _digits(number: int) -> list[int]:
    """Those of a number, from the right."""
    return [int(digit) for digit in reversed(str(number))]


def _columns(large: int, small: int, sign: int) -> str:
    out, carried = [], 0
    lower = _digits(small)
    for place, digit in enumerate(_digits(large)):
        column = digit + sign * (lower[place] if place < len(lower) else 0) + carried
        out.append(str(column))
        carried = column // 10
    return " ".join(out)


def _product(large: int, small: int) -> str | None:
    if small >= 10:
        parts = [large * digit * 10**place for place, digit in enumerate(_digits(small)) if digit]
        return " ".join(map(str, parts)) if len(parts) > 1 else None
    if large < 100 or small < 2:
        return None
    out, carried = [], 0
    for digit in _digits(large):
        out.append(digit * small + carried)
        carried = out[-1] // 10
    return " ".join(map(str, out))


def _power(base: int, exponent: int) -> str | None:
    if not (2 <= base < LARGEST and 3 <= exponent <= 30) or base == 10 or base**exponent >= LARGEST:
        return None
    return " ".join(str(base**n) for n in range(1, exponent + 1))


def _division(left: int, right: int) -> str | None:
    if right in SHOWN_BY_DIGITS or not 0 < right <= left or left < (100 if right < 10 else 20):
        return None
    out: list[str] = []
    part = 0
    for digit in reversed(_digits(left)):
        part = 10 * part + digit
        if part >= right or out:
            out.append(f"{part}-{part - part % right}")
            part %= right
    return " ".join(out)
