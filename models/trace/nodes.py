"""Nodes of a syntax tree that are read or made where operations are wrapped."""

from __future__ import annotations

import ast
from typing import Any

from models.trace.workings import PREFIX

LOAD = ast.Load()


def as_generator(node: Any) -> ast.expr:
    """A comprehension as a call on a generator expression, which has a frame of its own in every version of Python.

    From 3.12 on comprehensions are inlined (PEP 709): their variables would appear among the function's.
    """
    if isinstance(node, ast.GeneratorExp) or any(map(_awaits, ast.walk(node))):
        return node  # type: ignore[no-any-return]
    kind = {ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict"}[type(node)]
    place = where(node)
    item = ast.Tuple([node.key, node.value], ast.Load(), **place) if kind == "dict" else node.elt
    return call(kind, [ast.GeneratorExp(item, node.generators, **place)], node)


def _awaits(part: ast.AST) -> bool:
    """Whether what holds this part may have to wait: a generator expression of it would be an asynchronous one."""
    return isinstance(part, ast.Await) or (isinstance(part, ast.comprehension) and bool(part.is_async))


def annotate(node: ast.stmt, *annotations: ast.expr | None) -> None:
    """Has annotations, which are not wrapped since a program may read them as texts, told as part of their statement.

    They would be steps of their own where a signature has several lines.
    """
    for annotation in filter(None, annotations):
        for part in ast.walk(annotation):
            if isinstance(part, ast.expr):
                part.lineno, part.col_offset = node.lineno, node.col_offset
                part.end_lineno, part.end_col_offset = node.lineno, node.col_offset


def where(node: ast.expr) -> dict[str, Any]:
    """The place of a node, for one that is made for it."""
    return {
        "lineno": node.lineno, "col_offset": node.col_offset,
        "end_lineno": node.end_lineno, "end_col_offset": node.end_col_offset,
    }  # fmt: skip


def call(name: str, args: list[ast.expr], node: ast.expr) -> ast.Call:
    """A call of one of our own functions, at the place of a node of the program."""
    place = where(node)
    return ast.Call(ast.Name(PREFIX + name, LOAD, **place), args, [], **place)


def constant(value: Any, node: ast.expr) -> ast.expr:
    """A value, or a tuple of them, at the place of a node."""
    place = where(node)
    if isinstance(value, tuple):
        return ast.Tuple([ast.Constant(v, **place) for v in value], LOAD, **place)
    return ast.Constant(value, **place)


def text(node: ast.expr) -> str:
    """Source of an expression."""
    if type(node) is ast.Name:
        return node.id
    return repr(node.value) if type(node) is ast.Constant and type(node.value) in (int, str) else ast.unparse(node)


def name_of(function: ast.expr) -> str:
    """What a function or method is called by; empty where that is no name."""
    return getattr(function, "id", "") or getattr(function, "attr", "")


def written_out(index: ast.expr | None) -> bool:
    """An index or slice that is written out in the source."""
    if isinstance(index, ast.Slice):
        return all(written_out(part) for part in (index.lower, index.upper, index.step))
    return index is None or isinstance(index, ast.Constant | ast.UnaryOp)
