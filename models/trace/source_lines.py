"""What the recorder must know of a program's lines before it runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
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
    def of(cls, code: str, tree: ast.Module) -> SourceLines:
        """Those of a program and its tree."""
        assigned: dict[int, frozenset[str]] = {}
        returns, whiles = set(), []
        for node in statements(tree.body):
            targets: list[ast.expr] = []
            if isinstance(node, ast.Assign):
                targets = node.targets
            elif isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.For)):
                targets = [node.target]
            elif isinstance(node, ast.Return):
                returns.add(node.lineno)
            elif isinstance(node, ast.While):
                whiles.append((node.lineno, node.end_lineno or node.lineno))
            for target in targets:
                names = {target.id} if type(target) is ast.Name else set().union(*map(_bound, ast.walk(target)))
                assigned[target.lineno] = assigned.get(target.lineno, frozenset()) | names
        if ":=" in code:
            for part in ast.walk(tree):
                if isinstance(part, ast.NamedExpr):
                    assigned[part.lineno] = assigned.get(part.lineno, frozenset()) | {part.target.id}
        return cls(assigned, frozenset(returns), tuple(whiles))


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement, those inside others too, without a look at expressions: there lie most nodes of a tree."""
    for node in body:
        yield node
        for field in _BODIES.get(type(node), ()):
            yield from statements(getattr(node, field))
        for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            yield from statements(part.body)


_BODIES: dict[type[ast.stmt], tuple[str, ...]] = {
    **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.With, ast.AsyncWith), ("body",)),
    **dict.fromkeys((ast.For, ast.AsyncFor, ast.While, ast.If), ("body", "orelse")),
    **dict.fromkeys((ast.Try, ast.TryStar), ("body", "orelse", "finalbody")),
}


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
