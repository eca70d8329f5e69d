"""What the operations of a program tell in smaller steps.

An operation that `models.trace.spelled` or `models.trace.columns` has steps for is told with these between itself and
its value; every other one as `models.trace.workings` tells it. Inside comprehensions, calls are told with what they are
called on, and every item that is computed is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from models.trace import columns, spelled
from models.trace.pieces import MANY, Told
from models.trace.values import plain, steady
from models.trace.workings import PREFIX, SYMBOLS, Workings, slice_text

VIEWS: tuple[type, ...] = (type({}.items()), type({}.keys()), type({}.values()))
CROWDED = 300
"""Characters of a line's workings after which comprehensions tell no more small steps."""


class Speller(Workings):
    """Tells small steps, each of them once in a line."""

    SUMMED = MANY
    METHODS = spelled.METHODS

    def names(self) -> dict[str, Callable[..., Any]]:
        """What an instrumented program must find among its builtins."""
        return super().names() | {PREFIX + method.__name__: method for method in (self.spelled_call, self.written_item)}

    def _steps(self, start: str, steps: str | None, inner: bool) -> int | None:
        """Tell the steps of an operation; None where there are none, or the line has told them or tells much."""
        if steps is None or self.silent:
            return None
        text = f"{start}: {steps}" if start else steps
        told = [text for text, _ in self.told]
        again = any(one == text or one.startswith(f"{text} = ") for one in told)
        if again or (inner and sum(map(len, told)) > CROWDED):
            return None
        return self._tell(text, inner)

    def binary(self, symbol: str, nested: bool, inner: bool, source: tuple[str, str], left: Any, right: Any) -> Any:
        """As of `Workings`, with the columns of large numbers, and repeated texts piece by piece."""
        steps = columns.spelled(symbol, left, right) or (spelled.repeated(left, right) if symbol == "*" else None)
        if steps is None or (at := self._steps(f"{plain(left)} {symbol} {plain(right)}", steps, inner)) is None:
            return super().binary(symbol, nested, inner, source, left, right)
        value = SYMBOLS[symbol](left, right)
        if nested:
            self._result(at, value)
        return value

    def augment(self, symbol: str, inner: bool, old: Any, value: Any) -> Any:
        """As of `Workings`, with the columns of large numbers."""
        steps = columns.spelled(symbol, old, value)
        if steps is None or self._steps(f"{old} {symbol} {value}", steps, inner) is None:
            return super().augment(symbol, inner, old, value)
        return value

    def compare(self, symbol: str, nested: bool, inner: bool, source: tuple[str, str], left: Any, right: Any) -> Any:
        """As of `Workings`; `in` with what is looked at until it is found."""
        steps = spelled.member(left, right) if symbol in ("in", "not in") else None
        if steps is None or (at := self._steps(f"{plain(left)} {symbol} {source[1]}", steps, inner)) is None:
            return super().compare(symbol, nested, inner, source, left, right)
        value = SYMBOLS[symbol](left, right)
        if nested or inner:
            self._result(at, value)
        return value

    def item(self, nested: bool, inner: bool, container: Any, index: Any) -> Any:
        """As of `Workings`, with what is counted up to the index."""
        steps = self._counted(container, index)
        start = f"[{slice_text(index) if type(index) is slice else index}]" if steps else ""
        if (at := self._steps(start, steps, inner)) is None:
            return super().item(nested, inner, container, index)
        value = container[index]
        if nested:
            self._result(at, value)
        return value

    def written_item(self, inner: bool, container: Any, index: Any) -> Any:
        """`container[index]` where the source shows the index and the step tells the value: only what is counted."""
        return self.item(False, inner, container, index) if self._counted(container, index) else container[index]

    def _counted(self, container: Any, index: Any) -> Told:
        return spelled.item(container, index)

    def spelled_call(self, name: str, nested: bool, inner: bool, function: Any, /, *args: Any, **keywords: Any) -> Any:
        """A call that may have steps; one inside a comprehension is told with what it is called on."""
        at = self._steps("", spelled.call(function, args, keywords, self.METHODS), inner)
        value = function(*args, **keywords)
        if self.silent or not nested:
            return value
        if at is not None:  # then the call ran nothing of the program: the line is the same
            self._result(at, value)
            return value
        told = spelled.operand(function, args) if inner else None
        text = steady(list(value) if type(value) in VIEWS else value)
        if text is not None:
            self._tell(f"{told} {name} {text}" if told else f"{name} {text}", inner)
        return value
