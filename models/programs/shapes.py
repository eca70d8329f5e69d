"""Shapes of programs: what several nodes make together, where `frequencies.parts` sees each alone; and their names."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

DEEP = 3
"""Calls within each other that make a nest."""
_LOOPS = (ast.For, ast.While)


def shapes(tree: ast.Module) -> frozenset[str]:
    """The shapes that a program has, by name."""
    return frozenset(name for name, has in SHAPES.items() if any(map(has, ast.walk(tree))))


def names(tree: ast.AST) -> Iterator[str]:
    """The name of every parameter and of every variable that is assigned, as often as it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _repeats(node: ast.AST) -> bool:
    """`[0] * n`, `'-' * n`."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult):
        return False
    sides = (node.left, node.right)
    return any(isinstance(side, ast.List) or (isinstance(side, ast.Constant) and isinstance(side.value, str))
               for side in sides)  # fmt: skip


def _looks_into_an_item(node: ast.AST) -> bool:
    """`item[1]` of the `item` of a loop."""
    if not isinstance(node, (ast.For, ast.comprehension)) or not isinstance(node.target, ast.Name):
        return False
    within = node.body if isinstance(node, ast.For) else node.ifs
    return any(isinstance(one, ast.Subscript) and isinstance(one.value, ast.Name) and one.value.id == node.target.id
               for part in within for one in ast.walk(part))  # fmt: skip


def _depth(node: ast.AST) -> int:
    """How many calls lie within each other."""
    return isinstance(node, ast.Call) + max(map(_depth, ast.iter_child_nodes(node)), default=0)


def _leaves_early(node: ast.AST) -> bool:
    return isinstance(node, (*_LOOPS, ast.If)) and any(isinstance(one, ast.Return) for one in ast.walk(node))


def _has_spare(node: ast.AST) -> bool:
    """Whether a function has a parameter that it does not look at."""
    if not isinstance(node, ast.FunctionDef):
        return False
    read = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return any(one.arg not in read for one in node.args.args)


def _value(node: ast.AST) -> ast.AST | None:
    return node.value if isinstance(node, (ast.Return, ast.Assign)) else None


def _counts_by_steps(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="range"), args=[_, _, _]):
            return True
    return False


SHAPES: Mapping[str, Callable[[ast.AST], bool]] = {
    "a repetition": _repeats,
    "an item's index": _looks_into_an_item,
    "a nest of calls": lambda node: isinstance(node, ast.Return) and _depth(node) >= DEEP,
    "a chained comparison": lambda node: isinstance(node, ast.Compare) and len(node.ops) > 1,
    "and, or as value": lambda node: isinstance(_value(node), ast.BoolOp),
    "a tuple returned": lambda node: isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple),
    "an early return": _leaves_early,
    "a loop in a loop": lambda node: isinstance(node, _LOOPS)
    and any(isinstance(one, _LOOPS) for one in ast.walk(node) if one is not node),
    "a range with steps": _counts_by_steps,
    "a number below zero": lambda node: isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub),
    "a parameter not used": _has_spare,
    "a name with a digit": lambda node: any(c.isdigit() for c in _name(node)),
    "a name with _": lambda node: "_" in _name(node).strip("_"),
}
"""Name → whether a node is one."""


def _name(node: ast.AST) -> str:
    return node.arg if isinstance(node, ast.arg) else node.id if isinstance(node, ast.Name) else ""
