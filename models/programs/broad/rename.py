"""New names for the parameters and locals of an idiom, so that the same idiom never looks twice the same."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from random import Random

from models.programs import wild

POOLS: dict[str, tuple[str, ...]] = {
    "text": ("text", "s", "string", "txt", "line", "word", "value", "sentence", "st", "name", "data"),
    "nums": ("nums", "numbers", "lst", "arr", "array", "values", "xs", "a", "data", "L", "items", "l"),
    "words": ("words", "strings", "lst", "names", "items", "tokens", "parts", "strs", "ws"),
    "d": ("d", "dic", "dct", "table", "mapping", "data", "dictionary", "counts"),
    "n": ("n", "num", "x", "number", "k", "value", "count", "size"),
    "x": ("x", "num", "v", "e", "item", "val", "n", "el", "element"),
    "w": ("w", "word", "s", "item", "x", "token", "elem"),
    "c": ("c", "ch", "char", "letter", "x", "symbol"),
    "char": ("char", "c", "ch", "old", "letter", "sub", "target", "value", "sep"),
    "result": ("result", "res", "out", "ans", "output", "new", "ret", "final", "r"),
    "count": ("count", "cnt", "total", "num", "counter", "n"),
    "total": ("total", "result", "acc", "res", "ans", "s", "sum_"),
    "counts": ("counts", "freq", "d", "count", "result", "table", "seen"),
    "i": ("i", "j", "idx", "k", "index", "pos"),
    "j": ("j", "k", "p", "q", "m", "end"),
    "key": ("key", "k", "name", "word", "target"),
    "k": ("k", "key", "name"),
    "v": ("v", "value", "val"),
    "a": ("a", "x", "s1", "first", "lst1", "p", "left"),
    "b": ("b", "y", "s2", "second", "lst2", "q", "other"),
    "pairs": ("pairs", "items", "records", "lst"),
    "items": ("items", "lst", "data", "values", "array"),
    "matrix": ("matrix", "grid", "rows", "m", "table"),
}
KEPT = {"self", "__init__"}
INVENTED = 0.08
"""Share of names that nobody would guess."""


def renamed(code: str, params: Sequence[str], used: set[str], rng: Random) -> tuple[ast.Module, list[str]]:
    """The tree of `code` with new names, none of them in `used`, which grows; and the new names of `params`."""
    tree = ast.parse(_loose(code))
    names = dict.fromkeys(params, "") | dict.fromkeys(_bound(tree), "")
    for name in names:
        pool = POOLS.get(name, (name,))
        free = [n for n in pool if n not in used and n not in names] or [name]
        choice = name if rng.random() < 0.25 and name not in used else rng.choice(free)
        if rng.random() < INVENTED:
            choice = wild.identifier(rng)
        number = 2
        while choice in used:
            choice, number = f"{name}{number}", number + 1
        names[name] = choice
        used.add(choice)
    _Renamer(names).visit(tree)
    return ast.fix_missing_locations(_tight(tree)), [names[p] for p in params]


def _loose(code: str) -> str:
    """As the body of a function, so that `return` parses."""
    return "def _():\n" + "\n".join("    " + line for line in code.split("\n"))


def _tight(tree: ast.Module) -> ast.Module:
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    return ast.Module(function.body, [])


def _bound(tree: ast.AST) -> list[str]:
    """Names that the code assigns, in order of appearance, those of classes and their methods left out."""
    inside = {n for c in ast.walk(tree) if isinstance(c, ast.ClassDef) for f in c.body for n in ast.walk(f)}
    out: dict[str, None] = {}
    for node in ast.walk(tree):
        if node in inside:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            out[node.id] = None
        elif isinstance(node, ast.arg):
            out[node.arg] = None
    return [name for name in out if name not in KEPT and not name.startswith("_")]


class _Renamer(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node  # attributes and methods keep their names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self.names.get(node.arg, node.arg)
        return node
