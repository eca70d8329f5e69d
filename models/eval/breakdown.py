"""Where output prediction fails: accuracy by what a program uses, how long it is and how many steps the model told."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from models.eval.stats import estimate
from workers.pipeline.syntax import parse

LENGTHS = (60, 100, 150, 200, 300)
"""Upper ends of the classes of code length, in characters."""
STEPS = (2, 4, 8, 16, 32)
"""Upper ends of the classes of narrative length, in lines."""
FEWEST = 8
"""A class with fewer programs is not shown: its accuracy would be noise."""
NAMED = {
    ast.For: "for", ast.While: "while", ast.If: "if", ast.Try: "try", ast.Lambda: "lambda",
    ast.ListComp: "list comprehension", ast.DictComp: "dict comprehension", ast.SetComp: "set comprehension",
    ast.GeneratorExp: "generator expression", ast.JoinedStr: "f-string", ast.Slice: "slice",
    ast.Subscript: "subscript", ast.IfExp: "conditional expression",
    ast.Raise: "raise", ast.ClassDef: "class", ast.Delete: "del", ast.Assert: "assert", ast.BinOp: "arithmetic",
}  # fmt: skip


def uses(code: str) -> set[str]:
    """Methods (`.split`), builtins called by name (`len(`) and constructs; none of what is not Python."""
    tree = parse(code)
    if isinstance(tree, str):
        return set()
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return {name for node in ast.walk(tree) for name in _names(node, own)}


def _names(node: ast.AST, own: set[str]) -> Iterator[str]:
    if type(node) in NAMED:
        yield NAMED[type(node)]
    match node:
        case ast.Call(func=ast.Attribute(attr=name)):
            yield f".{name}"
        case ast.Call(func=ast.Name(id=name)) if name not in own:
            yield f"{name}("
        case ast.FunctionDef(name=name) if any(_calls(part, name) for part in node.body):
            yield "recursion"


def _calls(node: ast.AST, name: str) -> bool:
    return any(isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == name for n in ast.walk(node))


def breakdown(programs: Sequence[tuple[str, str, bool]]) -> dict[str, dict[str, Any]]:
    """Accuracy within each class of programs; what they use is ordered worst first.

    `programs` holds (code, the model's narrative, whether its prediction was right).
    """
    return {
        "by what it uses": _worst_first((name, right) for code, _, right in programs for name in sorted(uses(code))),
        "by code length": _in_order(LENGTHS, "characters", [(len(code), right) for code, _, right in programs]),
        "by steps told": _in_order(STEPS, "lines", [(told.count("\n") + 1, right) for _, told, right in programs]),
    }


def _worst_first(marks: Iterable[tuple[str, bool]]) -> dict[str, Any]:
    groups: dict[str, list[float]] = {}
    for name, right in marks:
        groups.setdefault(name, []).append(right)
    shown = {name: estimate(values) for name, values in groups.items() if len(values) >= FEWEST}
    return dict(sorted(shown.items(), key=lambda item: (item[1].mean, item[0])))


def _in_order(ends: Sequence[int], unit: str, marks: Sequence[tuple[int, bool]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    low = 0
    for end in (*ends, None):
        values = [float(right) for size, right in marks if size > low and (end is None or size <= end)]
        if len(values) >= FEWEST:
            out[f"over {low} {unit}" if end is None else f"{low + 1} to {end} {unit}"] = estimate(values)
        low = end or low
    return out
