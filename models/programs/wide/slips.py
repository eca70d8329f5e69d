"""Programs with one slip as people make them, so that what a template's body does cannot be learned by heart."""

from __future__ import annotations

import ast
from dataclasses import replace
from random import Random

from models.programs.mutants import mutants
from models.programs.source import Source

SLIPPED = "slipped"
"""Origin of programs with a slip."""
SLIPS = 0.25
"""How often a program has one. It may do the same all the same."""
_IN_ORDER = frozenset({"list", "tuple", "enumerate", "zip", "map", "filter", "iter", "join", "extend"})
"""Functions and methods that take the items of what they are given one after the other, and show it."""
_SETS = (ast.BitAnd, ast.BitOr, ast.Sub, ast.BitXor)


def sometimes(source: Source, rng: Random) -> Source:
    """The program, or one with a slip, which has another origin."""
    if rng.random() >= SLIPS:
        return source
    made = next((mutant.code for mutant in mutants(source.code, rng) if not shows_order(mutant.code)), None)
    return source if made is None else replace(source, code=made, origin=SLIPPED)


def shows_order(code: str) -> bool:
    """True where the items of a set are taken in its own order, which differs from one process to the next."""
    return any(_is_set(taken) for node in ast.walk(ast.parse(code)) for taken in _taken(node))


def _taken(node: ast.AST) -> list[ast.expr]:
    """What this node takes item after item."""
    match node:
        case ast.For(iter=of) | ast.comprehension(iter=of) | ast.Starred(value=of):
            return [of]
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args) if name in _IN_ORDER:
            return args
        case ast.Call(args=args, keywords=[*_, ast.keyword(arg="key", value=ast.Lambda())]):
            return args  # what it gives for each is told
    return []


def _is_set(node: ast.expr) -> bool:
    match node:
        case ast.Set() | ast.SetComp() | ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _SETS):
            return _is_set(left) or _is_set(right)
    return False
