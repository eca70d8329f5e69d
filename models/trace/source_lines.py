"""What the recorder must know of a program's lines before it runs."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceLines:
    """Facts about lines, by their 1-based numbers."""

    assigned: Mapping[int, frozenset[str]]
    """Line → the names it binds, whether or not their value changes: a trace tells them in any case."""
    returns: frozenset[int]
    """Lines that start a `return`."""
    whiles: tuple[tuple[int, int], ...]
    """First and last line of each `while`."""

    @classmethod
    def of(cls, tree: ast.AST) -> SourceLines:
        """Those of a program."""
        nodes = list(ast.walk(tree))
        assigned: dict[int, frozenset[str]] = {}
        for node in nodes:
            targets: list[ast.expr] = []
            if isinstance(node, ast.Assign):
                targets = node.targets
            elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.NamedExpr | ast.For):
                targets = [node.target]
            for target in targets:
                names = set().union(*map(_bound, ast.walk(target)))
                assigned[target.lineno] = assigned.get(target.lineno, frozenset()) | names
        returns = frozenset(node.lineno for node in nodes if isinstance(node, ast.Return))
        whiles = tuple((node.lineno, node.end_lineno or node.lineno) for node in nodes if isinstance(node, ast.While))
        return cls(assigned, returns, whiles)


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
