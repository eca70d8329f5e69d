"""Telling whether two programs are the same but for names, literals and layout."""

from __future__ import annotations

import ast
import sys


def program_key(code: str) -> str:
    """The syntax tree with identifiers numbered by first use and literals reduced to their type.

    Attribute names (methods) and builtins called by name stay: `len(x)` and `sum(x)` differ.
    """
    tree = ast.parse(code)
    bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    bound |= {a.arg for a in ast.walk(tree) if isinstance(a, ast.arg)}
    bound |= {f.name for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)}
    numbers: dict[str, str] = {}

    def number(name: str) -> str:
        return numbers.setdefault(name, f"v{len(numbers)}") if name in bound else name

    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = number(node.id)
        elif isinstance(node, ast.arg):
            node.arg = number(node.arg)
        elif isinstance(node, ast.FunctionDef):
            node.name = number(node.name)
        elif isinstance(node, ast.Constant):
            node.value = type(node.value).__name__
    return _dumped(tree)


def _dumped(tree: ast.AST) -> str:
    """The tree as text, the same in every version of Python: that of 3.11, without what later ones add or leave out."""
    options: dict[str, bool] = {"show_empty": True} if sys.version_info >= (3, 13) else {}
    return ast.dump(tree, **options).replace(", type_params=[]", "")
