"""Mutation operators: a correct program → programs that differ from it in one place, as people's slips do.

    off by one        n → n + 1 or n - 1, also in the bounds of `range` and slices
    wrong operator    + → -, < → <=, == → !=, and → or, += → -= …
    swapped branch    the two sides of an if change places
    negated           a condition means its opposite
    missing case      an `elif`/`else`, or an `if` that guards something, is gone
    missing line      a statement is gone
    wrong method      lower → upper, append → insert at 0, find → rfind …
    wrong function    min → max, any → all, sorted → its reverse …
    wrong variable    another variable of the same function
    wrong end         x[0] → x[-1], [::-1] gone
    too early         a return or append that stood after a loop stands in it

A mutant may do the same as its original: only tests tell. Knows no tests and runs nothing.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from workers.pipeline.syntax import parse

METHODS = (
    ("lower", "upper"), ("strip", "lstrip", "rstrip"), ("find", "rfind"), ("index", "rindex"), ("split", "rsplit"),
    ("startswith", "endswith"), ("isalpha", "isalnum", "isdigit"), ("isupper", "islower"), ("keys", "values"),
    ("ljust", "rjust"), ("capitalize", "title"), ("append", "extend"), ("union", "intersection", "difference"),
    ("removeprefix", "removesuffix"), ("partition", "rpartition"), ("add", "discard"),
)  # fmt: skip
"""Methods that are mistaken for each other."""
FUNCTIONS = (("min", "max"), ("any", "all"), ("sum", "len"), ("int", "float"), ("sorted", "list"), ("abs", "int"))
OPERATORS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Add,), ast.FloorDiv: (ast.Mod, ast.Mult),
    ast.Mod: (ast.FloorDiv,), ast.Div: (ast.FloorDiv,), ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.And: (ast.Or,), ast.Or: (ast.And,), ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,), ast.BitXor: (ast.BitOr,),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """A program with one change."""

    code: str
    operator: str
    line: int
    """Where in the original, 1-based."""


Change = Callable[[ast.AST], None]
"""Made on the node of a copy that stands where the original's node stands."""


def mutants(code: str, rng: Random) -> Iterator[Mutant]:
    """Every mutant of a program, in random order, none of them equal to it in text; none of what is no Python."""
    tree = parse(code)
    if isinstance(tree, str):
        return
    nodes = list(ast.walk(tree))
    changes = [(name, at, change) for at, node in enumerate(nodes) for name, change in _changes(node, rng)]
    changes += [("wrong variable", at, change) for at, change in _variables(nodes, rng)]
    rng.shuffle(changes)
    seen = {ast.unparse(tree)}
    for name, at, change in changes:
        changed = copy.deepcopy(tree)
        node = list(ast.walk(changed))[at]
        change(node)
        text = ast.unparse(ast.fix_missing_locations(changed))
        if text not in seen and not isinstance(parse(text), str):
            seen.add(text)
            yield Mutant(text, name, getattr(nodes[at], "lineno", 1))


def _set(**values: object) -> Change:
    def change(node: ast.AST) -> None:
        for name, value in values.items():
            setattr(node, name, value)

    return change


def _changes(node: ast.AST, rng: Random) -> Iterator[tuple[str, Change]]:
    """What can be changed at this node alone."""
    match node:
        case ast.Constant(value=int(n)) if not isinstance(n, bool):
            yield "off by one", _set(value=n + 1)
            yield "off by one", _set(value=n - 1)
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op) if type(op) in OPERATORS:
            yield "wrong operator", _set(op=rng.choice(OPERATORS[type(op)])())
        case ast.Compare(ops=[op]) if type(op) in OPERATORS:
            for other in OPERATORS[type(op)]:
                yield "wrong operator", _set(ops=[other()])
        case ast.Call(func=ast.Name(id="range"), args=[*_, stop]) if not isinstance(stop, ast.Constant):
            yield "off by one", _bound
        case ast.Call(func=ast.Name(id="sorted"), keywords=[]):
            yield "wrong function", _set(keywords=[ast.keyword("reverse", ast.Constant(True))])
        case ast.Call(func=ast.Attribute(attr="append"), args=[_]):
            yield "wrong method", _insert
        case ast.Attribute(attr=name) if isinstance(node.ctx, ast.Load):
            yield from (("wrong method", _set(attr=other)) for other in _others(name, METHODS))
        case ast.Name(id=name) if isinstance(node.ctx, ast.Load):
            yield from (("wrong function", _set(id=other)) for other in _others(name, FUNCTIONS))
    yield from _ends(node)
    yield from _statements(node)


def _ends(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """Changes of what an index or slice starts from."""
    match node:
        case ast.Subscript(slice=ast.Constant(value=0)):
            yield "wrong end", _set(slice=ast.UnaryOp(ast.USub(), ast.Constant(1)))
        case ast.Subscript(slice=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1))):
            yield "wrong end", _set(slice=ast.Constant(0))
        case ast.Slice(step=ast.UnaryOp(op=ast.USub())):
            yield "wrong end", _set(step=None)


def _statements(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """Changes to whole statements: branches, missing lines, what slips into a loop."""
    if isinstance(node, ast.If | ast.IfExp):
        if node.orelse:
            yield "swapped branch", _set(body=node.orelse, orelse=node.body)
        yield "negated", _negate
    if isinstance(node, ast.If) and node.orelse:
        yield "missing case", _set(orelse=[])
    body = getattr(node, "body", None)
    if not isinstance(body, list):
        return
    for at, statement in enumerate(body):
        if isinstance(statement, ast.If) and not statement.orelse:
            yield "missing case", _guard(at)
        if len(body) > 1 and isinstance(statement, ast.Expr | ast.AugAssign | ast.Continue | ast.Break):
            yield "missing line", _drop(at)
        if at and isinstance(statement, ast.Return) and isinstance(body[at - 1], ast.For | ast.While):
            yield "too early", _indent(at)


def _bound(node: ast.AST) -> None:
    assert isinstance(node, ast.Call)
    at = min(1, len(node.args) - 1)
    node.args[at] = ast.BinOp(node.args[at], ast.Sub(), ast.Constant(1))


def _insert(node: ast.AST) -> None:
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Attribute)
    node.func.attr, node.args = "insert", [ast.Constant(0), *node.args]


def _negate(node: ast.AST) -> None:
    assert isinstance(node, ast.If | ast.IfExp)
    node.test = ast.UnaryOp(ast.Not(), node.test)


def _guard(at: int) -> Change:
    """What a condition guarded happens always."""
    return lambda node: node.body.__setitem__(slice(at, at + 1), node.body[at].body)  # type: ignore[attr-defined]


def _drop(at: int) -> Change:
    return lambda node: node.body.__delitem__(at)  # type: ignore[attr-defined]


def _indent(at: int) -> Change:
    return lambda node: node.body[at - 1].body.append(node.body.pop(at))  # type: ignore[attr-defined]


def _others(name: str, groups: tuple[tuple[str, ...], ...]) -> list[str]:
    return [other for group in groups if name in group for other in group if other != name]


def _variables(nodes: list[ast.AST], rng: Random) -> Iterator[tuple[int, Change]]:
    """Each reading of a variable turned into a reading of another one that is assigned somewhere."""
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    for at, node in enumerate(nodes):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in bound and len(bound) > 1:
            yield at, _set(id=rng.choice(sorted(bound - {node.id})))
