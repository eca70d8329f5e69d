"""The workings of a line: what the operations inside its expressions were applied to, and what came out of them.

`models.trace.instrument` wraps operations of a syntax tree in calls that compute the same and tell a `Workings` of it:

    out.append(10 - lst[i])        [2] 5, 10 - 5 = 5
    if x % 3 == 0:                 9 % 3 = 0, 0 == 0
    total += x                     4 + 3
    n = len(set(s)) + 1            set {'a', 'b'}, len 2, 2 + 1

An operation on numbers is told with its operands, so that looking a value up and computing with it are two steps; a
call, an index or a comparison inside a larger expression is told with its value. The value of the whole expression is
not: the step itself tells it. Evaluation order, short circuits and exceptions stay those of the program.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from types import CodeType, GeneratorType
from typing import Any

from models.trace.values import plain

PREFIX = "_desk_"
NUMBERS = frozenset({int, float, bool})
SMALL = 10**12
"""Numbers below it are spelled without a look at their length."""
OPERAND = 16
"""A longer text operand is told by its source."""
MOST = 24
"""An expression with more workings tells none of those inside comprehensions and lambdas."""
CONTAINERS = frozenset({
    list, tuple, range, set, frozenset, dict, type({}.keys()), type({}.values()), type({}.items()),
})  # fmt: skip
"""What is gone through without running anything of the program."""
ITERATORS = frozenset({GeneratorType, map, zip, filter, enumerate})
"""What is its own iterator, without being asked for it by way of the program."""
SYMBOLS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge, "in": lambda a, b: a in b, "not in": lambda a, b: a not in b,
}  # fmt: skip
"""What an operator computes, by how it is written."""


class Workings:
    """What the wrapped operations of a program call: each computes what the operation does and tells about it."""

    SUMMED = 12
    """Most numbers whose partial sums are told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, bool]] = []
        """Set to the list of the line that is running: text, and whether it came from a comprehension or lambda."""
        self.wake: Callable[[], None] | None = None
        """Set where the line that runs is the rest of a `yield`, about which the recorder knows only when it tells."""
        self.ahead: tuple[list[tuple[str, bool]], str] = ([], "")
        """Of the line whose list this is, the head of a loop: what comes after the item that it took."""
        self.silent = False
        """Set once nothing is recorded any more: what is wrapped then only computes."""

    def names(self) -> dict[str, Callable[..., Any]]:
        """What an instrumented program must find among its builtins."""
        methods = (self.binary, self.compare, self.augment, self.place, self.call, self.item, self.numbers, self.total)
        kinds = {PREFIX + kind.__name__: _collected(kind) for kind in (list, set, dict)}
        return kinds | {PREFIX + method.__name__: method for method in methods} | {PREFIX + "slice": slice}

    def _tell(self, text: str, inner: bool) -> int:
        if self.wake is not None:
            self.wake()
        self.told.append((text, inner))
        return len(self.told) - 1

    def _result(self, at: int, value: object, sign: str = " = ") -> None:
        text = plain(value)
        told = self.told
        if at < len(told) and text is not None:  # a call in between may have ended the recording of the line
            told[at] = (f"{told[at][0]}{sign}{text}", told[at][1])

    def binary(self, symbol: str, nested: bool, inner: bool, source: tuple[str, str], left: Any, right: Any) -> Any:
        """`left symbol right`, told if a number is involved."""
        if self.silent or (type(left) not in NUMBERS and type(right) not in NUMBERS):
            return SYMBOLS[symbol](left, right)
        if type(left) is int and type(right) is int and -SMALL < left < SMALL and -SMALL < right < SMALL:
            text = f"{left} {symbol} {right}"  # spelled here: each call would be seen by the recorder's hook
            if not nested and self.wake is None:
                self.told.append((text, inner))
                return SYMBOLS[symbol](left, right)
        else:
            text = f"{_operand(left, source[0])} {symbol} {_operand(right, source[1])}"
        at = self._tell(text, inner)
        value = SYMBOLS[symbol](left, right)
        if nested:
            self._result(at, value)
        return value

    def compare(self, symbol: str, nested: bool, inner: bool, source: tuple[str, str], left: Any, right: Any) -> Any:
        """A comparison; inside a comprehension only its left side and outcome are told."""
        if self.silent:
            return SYMBOLS[symbol](left, right)
        numbers = type(left) is int and type(right) is int and -SMALL < left < SMALL and -SMALL < right < SMALL
        if numbers and not nested and not inner and self.wake is None:
            self.told.append((f"{left} {symbol} {right}", inner))
            return SYMBOLS[symbol](left, right)
        text = _operand(left, source[0])
        if inner:
            value = SYMBOLS[symbol](left, right)
            if (outcome := plain(value)) is not None:
                self._tell(f"{text} {outcome}", inner)
            return value
        at = self._tell(f"{text} {symbol} {_operand(right, source[1])}", inner)
        value = SYMBOLS[symbol](left, right)
        if nested:
            self._result(at, value)
        return value

    def augment(self, symbol: str, inner: bool, old: Any, value: Any) -> Any:
        """The right side of `name op= value`."""
        numbers = not self.silent and type(old) in NUMBERS and type(value) in NUMBERS
        if numbers and (texts := _written(old, value)):
            self._tell(f"{texts[0]} {symbol} {texts[1]}", inner)
        return value

    def place(self, inner: bool, container: Any) -> Any:
        """The container of `container[index] op= value`, or what takes its place."""
        return container if self.silent else _Place(self, inner, container)

    def call(self, name: str, inner: bool, value: Any) -> Any:
        """The value of a call inside a larger expression."""
        text = None if self.silent else plain(value)
        if text is not None:
            self._tell(f"{name} {text}", inner)
        return value

    def item(self, nested: bool, inner: bool, container: Any, index: Any) -> Any:
        """`container[index]`, told with the index."""
        if self.silent:
            return container[index]
        text = plain(index) if type(index) is not slice else slice_text(index)
        at = self._tell(f"[{text}]", inner)
        value = container[index]
        if nested:
            self._result(at, value, " ")
        return value

    def numbers(self, name: str, nested: bool, inner: bool, function: Any, *args: Any) -> Any:
        """A function of numbers alone, told with its arguments."""
        numbers = not self.silent and all(type(arg) in NUMBERS for arg in args)
        texts = _written(*args) if numbers else None
        if texts is None:
            value = function(*args)
            return self.call(name, inner, value) if nested else value
        at = self._tell(f"{name}({', '.join(texts)})", inner)
        value = function(*args)
        if nested:
            self._result(at, value)
        return value

    def total(self, inner: bool, function: Any, items: Any) -> Any:
        """The argument of `sum`, told as partial sums; of a function of that name, as it is."""
        if self.silent or function is not sum:
            return items
        if type(items) not in CONTAINERS:
            return chain.from_iterable(self._parts(inner, items, iter(items)))
        if len(items) <= self.SUMMED:
            self._sums(inner, list(items))
        return items

    def _parts(self, inner: bool, items: Iterable[Any], each: Iterator[Any]) -> Iterator[Iterable[Any]]:
        """Items as they are asked for, since what makes and what adds them may be the program's; told when at an end.

        An iterator whose first items are too many to be told gives the rest itself, which is faster.
        """
        seen: list[int | None] = []
        itself = type(items) in ITERATORS
        yield _seen(each, seen, self.SUMMED + 1, itself)
        if len(seen) <= self.SUMMED:
            self._sums(inner, seen)
        elif itself:
            yield items

    def _sums(self, inner: bool, items: list[Any]) -> None:
        if len(items) > 1 and all(type(n) is int for n in items):
            texts = _written(*(sum(items[: n + 1]) for n in range(len(items))))
            if texts:
                self._tell("sums " + " ".join(texts), inner)


class _Place:
    """Reads, computes and writes as `container[index] op= value` does, each once, and tells what it computes."""

    __slots__ = ("container", "inner", "old", "workings")

    def __init__(self, workings: Workings, inner: bool, container: Any) -> None:
        self.workings, self.inner, self.container = workings, inner, container

    def __getitem__(self, index: Any) -> _Place:
        self.old = self.container[index]
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        self.container[index] = value

    @staticmethod
    def _in_place(symbol: str, compute: Callable[[Any, Any], Any]) -> Callable[[_Place, Any], Any]:
        def computed(place: _Place, value: Any) -> Any:
            old = place.old
            del place.old  # it may end where it is written over
            return compute(old, place.workings.augment(symbol, place.inner, old, value))

        return computed

    __iadd__, __isub__ = _in_place("+", operator.iadd), _in_place("-", operator.isub)
    __imul__, __ipow__ = _in_place("*", operator.imul), _in_place("**", operator.ipow)
    __itruediv__, __ifloordiv__ = _in_place("/", operator.itruediv), _in_place("//", operator.ifloordiv)
    __imod__ = _in_place("%", operator.imod)


def _collected(kind: Callable[..., Any]) -> Callable[[Any], Any]:
    """What stands for a comprehension of a kind: makes it of the same as a generator expression.

    A `StopIteration` leaves a comprehension as it is, but a generator as a `RuntimeError`.
    """

    def collect(items: GeneratorType[Any, None, None]) -> Any:
        code = items.gi_code
        try:
            return kind(items)
        except RuntimeError as error:
            stop = error.__cause__
            if stop is None or not issubclass(type(stop), StopIteration) or not _left(stop, code):
                raise
        try:
            raise stop
        finally:
            del stop  # its traceback leads here: in a cycle, what it holds would live on

    return collect


def _left(error: BaseException, code: CodeType) -> bool:
    """Whether an error got out of a frame of `code`, and no further."""
    return error.__traceback__ is not None and error.__traceback__.tb_frame.f_code is code


def _seen(each: Iterator[Any], seen: list[int | None], most: int, only: bool) -> Iterator[Any]:
    """What an iterator gives, `only` the first `most` or all; these are put down as they are asked for, if numbers."""
    while not only or len(seen) < most:
        try:
            one = next(each)
        except StopIteration:
            return
        if len(seen) < most:
            seen.append(one if type(one) is int else None)
        yield one
        del one  # an object lives no longer than it is added


def _written(*numbers: Any) -> list[str] | None:
    """repr of each number; None if one is over the interpreter's limit of digits."""
    try:
        return [repr(number) for number in numbers]
    except ValueError:
        return None


def kept(told: list[tuple[str, bool]]) -> tuple[str, ...]:
    """The workings of a line, without those of comprehensions where there are too many."""
    crowded = len(told) > MOST
    return tuple(text for text, inner in told if not (crowded and inner))[:MOST]


def _operand(value: object, source: str) -> str:
    text = plain(value)
    return text if text is not None and (len(text) <= OPERAND or type(value) in NUMBERS) else source


def slice_text(index: slice) -> str:
    """A slice as it is written between brackets."""
    parts = ["" if part is None else plain(part) or "…" for part in (index.start, index.stop, index.step)]
    return ":".join(parts if index.step is not None else parts[:2])
