"""What stands outside of a function in others' programs: what it imports, and the functions that help it, by names."""

from __future__ import annotations

import ast
import symtable
from collections import Counter
from collections.abc import Mapping, Sequence
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
    """The program, one function, with a part of its imports and of the functions in its body before it.

    Those functions get other names. One is moved only if it needs nothing that stays within; whose name is bound a
    second time is left as it is.
    """
    tree = ast.parse(code)
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
    if not any(isinstance(node, (*MOVED,)) for node in function.body):
        return code
    helpers = _helpers(function)
    tree = _Named(_named(tree, helpers, rng)).visit(tree)
    may = [node for node in function.body if node in helpers or isinstance(node, (ast.Import, ast.ImportFrom))]
    moved = [node for node in may if rng.random() < MOVED[type(node)]]
    while kept := [node for node in moved if isinstance(node, ast.FunctionDef) and _needs(tree, node, moved)]:
        moved = [node for node in moved if node not in kept]
    function.body = [node for node in function.body if node not in moved]
    tree.body = [*sorted(moved, key=lambda node: isinstance(node, ast.FunctionDef)), *tree.body]
    return ast.unparse(tree)


def imported(tree: ast.AST) -> set[str]:
    """Names that are bound by imports."""
    found = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    return {(alias.asname or alias.name).partition(".")[0] for node in found for alias in node.names}


def _helpers(function: ast.FunctionDef) -> list[ast.FunctionDef]:
    """The functions in its body whose names nothing else has."""
    inner = [node for node in ast.walk(function) if isinstance(node, ast.FunctionDef) and node is not function]
    bound = Counter([*shapes.names(function), *(node.name for node in inner)])
    return [node for node in function.body if isinstance(node, ast.FunctionDef) and bound[node.name] == 1]


def _named(tree: ast.Module, helpers: list[ast.FunctionDef], rng: Random) -> dict[str, str]:
    """New names, all different from whatever has a name."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | {*shapes.names(tree)} | imported(tree)
    used |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    wanted = [rng.choice(HELPERS) if rng.random() < USUAL else names.name(rng) for _ in helpers]
    return {node.name: names.fresh(name, used) for node, name in zip(helpers, wanted, strict=True)}


def _needs(tree: ast.Module, node: ast.FunctionDef, moved: Sequence[ast.stmt]) -> bool:
    """Whether a helper uses a name of the function around it that is not moved with it, or one before it is called."""
    around = [*node.args.defaults, *node.args.kw_defaults, *node.decorator_list]  # told where it stands
    if any(isinstance(one, ast.Name) for part in around if part for one in ast.walk(part)):
        return True
    tables = symtable.symtable(ast.unparse(tree), "", "exec").get_children()
    (own,) = (inner for table in tables for inner in table.get_children() if inner.get_name() == node.name)
    there = {one.name for one in moved if isinstance(one, ast.FunctionDef)}
    there |= {name for one in moved for name in imported(one)}
    return not there.issuperset(symbol.get_name() for symbol in own.get_symbols() if symbol.is_free())


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
