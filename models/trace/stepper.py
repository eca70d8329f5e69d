"""Telling `stepped` workings: small steps of more operations, and loops that know where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import BuiltinFunctionType
from typing import Any

from models.trace import ahead, spelled, stepped
from models.trace.pieces import Told
from models.trace.places import Places
from models.trace.speller import Speller
from models.trace.workings import ITERATORS, PREFIX

MADE = ITERATORS | {reversed, type(reversed([]))}
"""What `join` makes a list of, before it does anything else."""


class Stepper(Speller):
    """Tells what a `Speller` does, and more."""

    METHODS = stepped.METHODS

    def __init__(self) -> None:
        super().__init__()
        self._places = Places()

    def names(self) -> dict[str, Callable[..., Any]]:
        """What an instrumented program must find among its builtins."""
        return super().names() | {PREFIX + method.__name__: method for method in (self.loop, self.loop_of)}

    def _counted(self, container: Any, index: Any) -> Told:
        return self._places.item(container, index)

    def _steps(self, start: str, steps: str | None, inner: bool) -> int | None:
        at = super()._steps(start, steps, inner)
        self._places.settle(at is not None)
        return at

    def spelled_call(self, name: str, nested: bool, inner: bool, function: Any, /, *args: Any, **keywords: Any) -> Any:
        """As of `Speller`; what `join` is given is made first, as it would do itself, so that it can be told."""
        if function is len and type(args[0]) is str:
            self._places.length(args[0])
        if name == "join" and _joins(function) and args and type(args[0]) in MADE:
            args = (list(args[0]), *args[1:])
        return super().spelled_call(name, nested, inner, function, *args, **keywords)

    def loop(self, items: Any) -> Any:
        """What a loop goes over: as it is, or so that each item is told with what lies ahead."""
        return self._going(items, ahead.ahead(items))

    def loop_of(self, function: Any, *args: Any) -> Any:
        """What a loop goes over where that is made of others."""
        if function is enumerate and args:
            return enumerate(self.loop(args[0]), *args[1:])
        if function is zip:
            return self._going(zip(*args, strict=False), ahead.side_by_side(args))
        self._steps("", spelled.call(function, args, {}), False)
        if function is reversed and len(args) == 1 and type(args[0]) in ahead.PAIRED:
            return self._going(reversed(args[0]), ahead.backwards(args[0]))
        return self.loop(function(*args))

    def _going(self, items: Iterable[Any], told: ahead.Ahead | None) -> Iterable[Any]:
        if told is None or self.silent:
            return items
        at = -1

        def taken(item: Any) -> Any:
            nonlocal at
            at += 1
            if not self.silent:
                self.ahead = self.told, told(at)
            return item

        return map(taken, items)


def _joins(function: Any) -> bool:
    return type(function) is BuiltinFunctionType and type(function.__self__) is str
