"""What stands outside of a function in others' programs: what it imports, and the functions that help it, by names."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Mapping
from random import Random

from models.programs import shapes
from models.programs.wide import names

MOVED = {ast.Import: 0.8, ast.ImportFrom: 0.8, ast.FunctionDef: 0.6}
"""How often each that could stand outside of the function does."""
HELPERS = (
    "helper", "check", "is_ok", "is_good", "inner", "step", "score", "value_of", "key_of", "get", "calc", "total",
    "add", "combine", "merge", "count", "digits", "digit_sum", "is_prime", "is_even", "convert", "build", "shift",
    "weight", "rank_of", "size_of", "find_next", "next_of", "fits", "clean", "parse", "reduce_to",
)  # fmt: skip
"""Usual names of such functions."""
USUAL = 0.5
"""Share of helpers that have one of those."""


def outside(code: str, rng: Random) -> str:
    """The program, one function, with a part of its imports and of its inner functions before it.

    Every inner function gets another name. It is moved only if it needs nothing that stays within.
    """
    tree = ast.parse(code)
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
    if not any(isinstance(node, (*MOVED,)) for node in function.body):
        return code
    tree = _Named(_named(tree, function, rng)).visit(tree)
    wanted = [node for node in function.body if rng.random() < MOVED.get(type(node), 0)]
    while kept := [node for node in wanted if isinstance(node, ast.FunctionDef) and _needs(tree, node, wanted)]:
        wanted = [node for node in wanted if node not in kept]
    function.body = [node for node in function.body if node not in wanted]
    tree.body = [*sorted(wanted, key=lambda node: isinstance(node, ast.FunctionDef)), *tree.body]
    return ast.unparse(tree)


def _named(tree: ast.Module, function: ast.FunctionDef, rng: Random) -> dict[str, str]:
    """New names for inner functions, all different from whatever has a name."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | {*shapes.names(tree), function.name}
    out: dict[str, str] = {}
    for node in function.body:
        if isinstance(node, ast.FunctionDef):
            wanted = rng.choice(HELPERS) if rng.random() < USUAL else names.name(rng)
            out[node.name] = names.fresh(wanted, used)
    return out


def _needs(tree: ast.Module, node: ast.FunctionDef, moved: list[ast.stmt]) -> bool:
    """Whether an inner function uses a name of the function around it that is not moved with it, or is there twice."""
    tables = symtable.symtable(ast.unparse(tree), "", "exec").get_children()
    own = [inner for table in tables for inner in table.get_children() if inner.get_name() == node.name]
    if len(own) != 1:
        return True
    outside = {one.name for one in moved if isinstance(one, ast.FunctionDef)}
    imported = [one for one in moved if isinstance(one, (ast.Import, ast.ImportFrom))]
    outside |= {alias.asname or alias.name for one in imported for alias in one.names}
    return not outside.issuperset(_free(own[0]))


def _free(table: symtable.SymbolTable) -> set[str]:
    """Names that it takes from around it, or that a function within it does."""
    return {symbol.get_name() for symbol in table.get_symbols() if symbol.is_free()}


class _Named(ast.NodeTransformer):
    """Gives functions other names, where they are defined and where they are used."""

    def __init__(self, new: Mapping[str, str]) -> None:
        self._new = new

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self._new.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._new.get(node.id, node.id)
        return node
