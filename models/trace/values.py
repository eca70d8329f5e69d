"""Values as text: what a trace tells of them.

A set is told in order of its items, an object without a repr by its attributes; the rest by its repr.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import GetSetDescriptorType, WrapperDescriptorType
from typing import Any

_ITERATOR = re.compile(r"<(?:[\w<>]+\.)*(\w+) object at 0x[0-9a-f]+>")
_AT = re.compile(r"<(?:built-in )?(\w+)(?: object)? (?:[\w<>]+\.)*([\w<>]+)(?: of \w+ object)? at 0x[0-9a-f]+>")
SHOWN = 60
"""A longer value inside a line's workings is not told."""
COMPARED = ("__lt__", "__gt__", "__eq__")
"""What is asked where items are put in order, or those inside tuples."""
COMPARING = (object, type(None), int, float, str, bytes, tuple)
"""Whose ways of comparing run nothing of the program, but for what is inside tuples."""
_MRO, _DICT, _NAME = (type.__dict__[name].__get__ for name in ("__mro__", "__dict__", "__name__"))
"""These of a class, past what its metaclass may make of being asked for them."""


def told(value: object) -> str:
    """repr of a value; sets in order of their items, and an object without a working repr by its attributes."""
    if type(value) is set:
        return told_set(value)
    own = _attributes(value) if next(_found(type(value), "__repr__"), None) is object.__repr__ else None
    if own is None:
        try:
            return repr(value)
        except ValueError:  # also an int over the interpreter's limit of digits
            raise
        except Exception:  # noqa: BLE001  # a repr of the program's own, on an object that is only half made
            own = _attributes(value) or {}
    named = [(name, item) for name, item in dict.items(own) if type(name) is str]
    return f"{_NAME(type(value))}({', '.join(f'{name}={told(item)}' for name, item in named)})"


def _attributes(value: object) -> dict[str, object] | None:
    """Those of an object, past what its class may make of being asked for them; None if it has none, or hides them."""
    ways = (way for way in _found(type(value), "__dict__") if type(way) is GetSetDescriptorType)
    return next((way.__get__(value) for way in ways), None)


def _found(kind: type, name: str) -> Iterator[Any]:
    """What a class has under a name, and each class that it comes from."""
    return (_DICT(base)[name] for base in _MRO(kind) if name in _DICT(base))


def without_addresses(text: str) -> str:
    """A repr with `<generator g>` for `<generator object f.<locals>.g at 0x7f…>`: addresses differ from run to run."""
    return _AT.sub(r"<\1 \2>", _ITERATOR.sub(r"<\1>", text))


def plain(value: object) -> str | None:
    """repr of a value made of builtin types alone, if it is short, sets in order of their items; None otherwise."""
    kind = type(value)
    if kind is str:
        text = repr(value) if len(value) <= SHOWN else ""  # type: ignore[arg-type]
        return text if 0 < len(text) <= SHOWN else None
    if kind is not int and not _builtin(value):
        return None
    try:
        text = told_set(value) if isinstance(value, set) else repr(value)
    except ValueError:  # an int over the interpreter's limit of digits
        return None
    return text if len(text) <= SHOWN else None


def steady(value: object) -> str | None:
    """`plain`, of a value without sets inside others and frozensets: these come in the order of the hash seed."""
    text = plain(value)
    return text if text is not None and not _shuffled(value) else None


def _shuffled(value: Any, inside: bool = False) -> bool:
    """Whether the repr of a value of builtin types may be another one under another hash seed."""
    kind = type(value)
    if kind is frozenset or (inside and kind is set):
        return True
    items = [*value, *value.values()] if kind is dict else value if kind in (list, tuple, set) else ()
    return any(_shuffled(one, True) for one in items)


def told_set(value: set[Any]) -> str:
    """repr of a set with its items in order, since that of a set of texts depends on the hash seed."""
    return "{" + ", ".join(map(repr, in_order(value))) + "}" if value else "set()"


def in_order(value: set[Any]) -> list[Any]:
    """The items of a set in an order that does not depend on the hash seed, unless their reprs do (frozensets)."""
    if all(map(_orderly, value)):
        try:
            return sorted(value)
        except TypeError:
            pass
    return sorted(value, key=repr)


def _orderly(item: Any) -> bool:
    """Whether comparing an item of a set runs nothing of the program, and tells which of two comes first.

    That of two frozensets does not, nor does that with a NaN.
    """
    kind = type(item)
    if kind is int or kind is str:
        return True
    for way in (next(_found(kind, name), None) for name in COMPARED):
        if type(way) is not WrapperDescriptorType or way.__objclass__ not in COMPARING:
            return False
    if issubclass(kind, tuple):
        return all(map(_orderly, tuple.__iter__(item)))
    return not issubclass(kind, float) or item == item


def _builtin(value: object, depth: int = 3) -> bool:
    kind = type(value)
    if kind in (int, str, bool, float, bytes, type(None)):
        return True
    if depth and kind in (list, tuple, set, frozenset) and len(value) <= SHOWN:  # type: ignore[arg-type]
        return all(_builtin(item, depth - 1) for item in value)  # type: ignore[attr-defined]
    if depth and kind is dict and len(value) <= SHOWN:  # type: ignore[arg-type]
        return all(_builtin(k, depth - 1) and _builtin(v, depth - 1) for k, v in value.items())  # type: ignore[attr-defined]
    return False
