"""Rename: a program under other names, which does the same, and what is told of the copy under the program's own names.

A small model reads some programs rightly under one set of names and wrongly under another, so greedy runs of several
copies are votes that nothing is lost for, where sampled runs pay for their difference with accuracy. Parameters and
variables alone get other names, and only where that cannot change what the program does.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from workers.pipeline.syntax import laid_out, parse
from workers.pipeline.types import Prediction


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PARAMETERS = _words("x n text data items s a value lst values b k string nums word num arr xs table st d p q t")
LOOPED = _words("i j x c item w v ch k val key num n p idx pos char word y")
ASSIGNED = _words("result res out val tmp c d q p y t ans ret m total parts value idx pos size b words key")
"""Names that are common in small functions, and so in training; none is a word that narratives are made of."""
_BUILTIN = frozenset(_words(
    "abs all any ascii bin bool bytes callable chr complex dict divmod enumerate filter float format frozenset getattr "
    "hasattr hash help hex id input int isinstance issubclass iter len list map max memoryview min next object oct "
    "open ord pow print property range repr reversed round self set setattr slice sorted str sum super tuple type zip"
))  # fmt: skip
_LOOK_AT_NAMES = frozenset(_words("locals vars globals dir eval exec NameError UnboundLocalError inspect"))
"""Of a program with one of these, or a special attribute such as `__code__`, names may be part of what it does."""
_TEXT_OR_NAME = re.compile(r"""([bB]?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"))|(?<![\w.])([A-Za-z_]\w*)""")
_MARK = "  # "
"""Stands between the source line of a step and what is told of it."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A program under other names."""

    code: str
    names: Mapping[str, str]
    """Its names → those of the program."""
    lines: Mapping[str, str]
    """Its lines → those of the program, without indentation."""

    def under_own_names(self, told: Prediction) -> Prediction:
        """What is told of the copy, told of the program: source lines, and names beside them but not in texts."""
        if not self.names:
            return told
        steps = [self._step(line) for line in told.narrative.split("\n")]
        return replace(told, narrative="\n".join(steps))

    def _step(self, line: str) -> str:
        known = (own for own in self.lines if line == own or line.startswith(own + _MARK))
        source = max(known, key=len, default="")  # a text in the line may hold the mark itself
        return self.lines.get(source, "") + self._named(line[len(source) :])

    def _named(self, text: str) -> str:
        return _TEXT_OR_NAME.sub(lambda found: found[1] or self.names.get(found[2], found[2]), text)


def copy(code: str, given: str, seed: int, entry_point: str | None = None) -> Copy:
    """The program, run on the arguments or standard input `given`, under names drawn by `seed`.

    Without other names where there are none that could be changed, or where it cannot be laid out.
    """
    before = laid_out(code, entry_point)
    tree = "" if before is None else parse(before)
    if isinstance(tree, str) or before is None:
        return Copy(code, {}, {})
    kept = _kept_in(tree, given)
    bound = dict.fromkeys(name for node in ast.walk(tree) for name in _bound(node))
    old = [name for name in bound if kept is not None and name not in kept and name != entry_point]
    if not old:
        return Copy(code, {}, {})
    new = _drawn(tree, old, kept or set(), Random(f"names {seed}"))
    after = ast.unparse(put(tree, new))
    lines = zip(after.split("\n"), before.split("\n"), strict=True)
    return Copy(after, {name: own for own, name in new.items()}, {own.strip(): line.strip() for own, line in lines})


def put(tree: ast.Module, new: Mapping[str, str]) -> ast.Module:
    """The tree, changed: names and parameters have their new names."""
    _Renamer(new).visit(tree)
    return tree


def _kept_in(tree: ast.Module, given: str) -> set[str] | None:
    """Names that must stay, since they are bound in other ways than as parameters or by assignment, or stand for
    something outside; None where that cannot be told."""
    nodes = [*ast.walk(tree), *_call(given)]
    if any(map(_looks_at_names, nodes)):
        return None
    bound = {name for node in nodes for name in _bound(node)}
    looks_foreign = {name for name in bound if name.startswith("_") or name[0].isupper()}
    return set(_BUILTIN) | looks_foreign | {name for node in nodes for name in _kept(node)}


def _looks_at_names(node: ast.AST) -> bool:
    match node:
        case ast.ClassDef() | ast.keyword(arg=None):  # a class's names are attributes; `**` takes names from texts
            return True
        case ast.Name(id=name) | ast.alias(name=name):
            return name.partition(".")[0] in _LOOK_AT_NAMES
        case ast.Attribute(attr=name):
            return name.startswith("__")
    return False


def _bound(node: ast.AST) -> list[str]:
    if isinstance(node, ast.arg):
        return [node.arg]
    return [node.id] if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else []


def _kept(node: ast.AST) -> list[str]:
    """Names in a node that the renamer does not see, or that stand for something outside."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return [node.name]
        case ast.Global() | ast.Nonlocal():
            return node.names
        case ast.alias():
            return [(node.asname or node.name).partition(".")[0]]
        case ast.keyword(arg=str(name)) | ast.ExceptHandler(name=str(name)):
            return [name]
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            return [name]
    return []


def _call(given: str) -> list[ast.AST]:
    """The nodes of a call with these arguments, which may name parameters; none where they are no arguments."""
    tree = parse(f"_({given}\n)")
    return [] if isinstance(tree, str) else list(ast.walk(tree))


def _drawn(tree: ast.Module, old: list[str], kept: set[str], rng: Random) -> dict[str, str]:
    """A name for each: of those that are usual in its place, all different and none that stays."""
    nodes = list(ast.walk(tree))
    parameters = {node.arg for node in nodes if isinstance(node, ast.arg)}
    targets = [node.target for node in nodes if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension)]
    looped = {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    used = ((names | parameters) - set(old)) | kept
    new: dict[str, str] = {}
    for name in old:
        usual = PARAMETERS if name in parameters else LOOPED if name in looped else ASSIGNED
        free = [one for one in usual if one not in used]
        new[name] = rng.choice(free) if free else _numbered(name, used)
        used.add(new[name])
    return new


def _numbered(name: str, used: set[str]) -> str:
    number = 1
    while f"{name}{number}" in used or keyword.iskeyword(f"{name}{number}"):
        number += 1
    return f"{name}{number}"


class _Renamer(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> Any:
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> Any:
        self.generic_visit(node)
        node.arg = self._names.get(node.arg, node.arg)
        return node
