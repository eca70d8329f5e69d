"""Which names each line of a program binds: a trace tells them even where their value stays the same."""

from __future__ import annotations

import ast


def assigned(tree: ast.AST) -> dict[int, frozenset[str]]:
    """Line number to the names it binds, whether or not their value changes."""
    out: dict[int, frozenset[str]] = {}
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, (ast.AugAssign, ast.For)):
            targets = [node.target]
        for target in targets:
            names = set().union(*map(_bound, ast.walk(target)))
            out[target.lineno] = out.get(target.lineno, frozenset()) | names
    return out


def _bound(part: ast.AST) -> set[str]:
    """The name that `part` of a target assigns, or whose item or attribute it assigns."""
    match part:
        case ast.Name(id=name, ctx=ast.Store()):
            return {name}
        case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
            return {name}
        case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store()):
            return {name}
    return set()
