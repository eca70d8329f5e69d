"""Where output prediction fails: accuracy by what a program uses, how long it is and how many steps the model told."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from models.eval.stats import estimate
from workers.pipeline.syntax import parse

LENGTHS = (60, 100, 150, 200, 300)
"""Upper ends of the classes of code length, in characters."""
STEPS = (2, 4, 8, 16, 32)
"""Upper ends of the classes of narrative length, in lines."""
FEWEST = 8
"""A class with fewer programs is not shown: its accuracy would be noise."""
OTHER, NONE = "other", "none"
"""Programs that use what too few use, and those that use nothing of the kind."""
METHODS = frozenset(name for kind in (str, list, dict, set, tuple, bytes, int) for name in dir(kind))
NAMED = {
    ast.For: "for", ast.While: "while", ast.If: "if", ast.Try: "try", ast.Lambda: "lambda",
    ast.ListComp: "list comprehension", ast.DictComp: "dict comprehension", ast.SetComp: "set comprehension",
    ast.GeneratorExp: "generator expression", ast.JoinedStr: "f-string", ast.Slice: "slice",
    ast.Subscript: "subscript", ast.IfExp: "conditional expression",
    ast.Raise: "raise", ast.ClassDef: "class", ast.Delete: "del", ast.Assert: "assert", ast.BinOp: "arithmetic",
}  # fmt: skip
Names = Callable[[ast.AST], Iterator[str]]
"""What a program uses, from its tree."""


def methods(tree: ast.AST) -> Iterator[str]:
    """Methods of built-in types (`.split`) and built-in functions (`len`) that are called."""
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in METHODS - own:
                yield f".{name}"
            case ast.Call(func=ast.Name(id=name)) if name not in own and hasattr(builtins, name):
                yield name


def constructs(tree: ast.AST) -> Iterator[str]:
    """Constructs of the language, and whether a function calls itself."""
    for node in ast.walk(tree):
        if type(node) in NAMED:
            yield NAMED[type(node)]
        if isinstance(node, ast.FunctionDef) and any(_calls(part, node.name) for part in node.body):
            yield "recursion"


def _calls(node: ast.AST, name: str) -> bool:
    return any(isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == name for n in ast.walk(node))


def breakdown(programs: Sequence[tuple[str, str, bool]]) -> dict[str, dict[str, Any]]:
    """Accuracy within each class of programs; what they use is ordered worst first.

    `programs` holds (code, the model's narrative, whether its prediction was right).
    """
    return {
        "by method": _by_name(methods, programs),
        "by construct": _by_name(constructs, programs),
        "by code length": _in_order(LENGTHS, "characters", [(len(code), right) for code, _, right in programs]),
        "by steps told": _in_order(STEPS, "lines", [(told.count("\n") + 1, right) for _, told, right in programs]),
    }


def _by_name(names: Names, programs: Sequence[tuple[str, str, bool]]) -> dict[str, Any]:
    """A program counts once in each class it belongs to; what is no Python belongs to none."""
    marks = [(set(names(tree)), right) for code, _, right in programs if not isinstance(tree := parse(code), str)]
    counts = Counter(name for used, _ in marks for name in used)
    groups: dict[str, list[float]] = {}
    for used, right in marks:
        for name in {name if counts[name] >= FEWEST else OTHER for name in used} or {NONE}:
            groups.setdefault(name, []).append(right)
    shown = {name: estimate(values) for name, values in groups.items() if len(values) >= FEWEST}
    return dict(sorted(shown.items(), key=lambda item: (item[0] in (OTHER, NONE), item[1].mean, item[0])))


def _in_order(ends: Sequence[int], unit: str, marks: Sequence[tuple[int, bool]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    low = 0
    for end in (*ends, None):
        values = [float(right) for size, right in marks if size > low and (end is None or size <= end)]
        if len(values) >= FEWEST:
            out[f"over {low} {unit}" if end is None else f"{low + 1} to {end} {unit}"] = estimate(values)
        low = end or low
    return out
