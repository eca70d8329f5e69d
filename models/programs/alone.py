"""Whether what a program does follows from its text and its input alone, as far as its text tells; runs nothing.

A machine, a clock or a sandbox answers two runs a moment apart alike, so comparing runs does not find what came from
there: the year, the number of cores, a module that is not installed, a file that may not be opened.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

FOREIGN = "needs a module whose results are not the program's alone"
OUTSIDE = "asks for what is not the program's own: the machine, the clock, files, addresses or hashes"
MODULES = frozenset({
    "__future__", "abc", "array", "bisect", "cmath", "collections", "contextlib", "copy", "dataclasses", "datetime",
    "decimal", "enum", "fractions", "functools", "heapq", "itertools", "json", "math", "numbers", "operator", "queue",
    "re", "statistics", "string", "textwrap", "typing", "unicodedata",
})  # fmt: skip
"""What may be imported; of `PARTS` only what is named there."""
PARTS = {
    "sys": frozenset({"stdin", "stdout", "stderr", "setrecursionlimit", "maxsize", "exit"}),
    "io": frozenset({"StringIO", "BytesIO"}),
}
CLOCK = frozenset({"now", "today", "utcnow", "fromtimestamp", "timestamp", "astimezone"})
"""Attributes of classes of `datetime`: the clock and the time zone. In a program that imports it, anything's count."""
INNARDS = frozenset({
    "__builtins__", "__code__", "__file__", "__globals__", "__loader__", "__sizeof__", "__spec__", "__subclasses__",
    "__version__", "unidata_version",
})  # fmt: skip
"""Names and attributes by which a program gets at the interpreter."""
CALLS = frozenset({"__import__", "breakpoint", "compile", "exec", "hash", "id", "open"})
"""Built-in functions, where a program has no name of its own that reads the same."""
BY_NAME = frozenset({"getattr", "attrgetter", "methodcaller"})


def why_not(tree: ast.Module) -> str | None:
    """The reason why the results of a program may not be its own; None where nothing speaks against it."""
    nodes = list(ast.walk(tree))
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    if not all(map(_known, imports)):
        return FOREIGN
    modules = [alias for node in imports if isinstance(node, ast.Import) for alias in node.names]
    aliases = {alias.asname or alias.name: alias.name for alias in modules}
    dated = any("datetime" in _roots(node) for node in imports)
    asked = _attributes(nodes) & (INNARDS | CLOCK if dated else INNARDS)
    named = (INNARDS | CALLS) & _names(tree) - _own(nodes)
    taken = any(_part_missing(node) for node in imports) or _beyond(nodes, aliases)
    return OUTSIDE if asked or named or taken or any(map(_evaluates, nodes)) else None


def _roots(node: ast.Import | ast.ImportFrom) -> list[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    return [name.split(".")[0] for name in names]


def _known(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.ImportFrom) and (node.level or any(map(_passed_on, (a.name for a in node.names)))):
        return False
    return all(root in MODULES or root in PARTS for root in _roots(node))


def _passed_on(name: str) -> bool:
    """Whether a name in a module is a module that it has imported for itself, and that is none of `MODULES`."""
    return name.lstrip("_") in sys.stdlib_module_names - MODULES


def _part_missing(node: ast.Import | ast.ImportFrom) -> bool:
    """Whether a part of a module is imported that `PARTS` does not name."""
    if isinstance(node, ast.Import) or node.module not in PARTS:
        return False
    return any(alias.name not in PARTS[node.module] for alias in node.names)


def _beyond(nodes: list[ast.AST], aliases: dict[str, str]) -> bool:
    """Whether a module is used otherwise than for what it is there for: `sys.version`, `s = sys`, `contextlib.os`."""
    proper: set[ast.AST] = set()
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            if _passed_on(node.attr):
                return True
            if node.attr in PARTS.get(aliases[node.value.id], ()):
                proper.add(node.value)
    return any(isinstance(n, ast.Name) and aliases.get(n.id) in PARTS and n not in proper for n in nodes)


def _attributes(nodes: list[ast.AST]) -> set[str]:
    """Attributes that are read, also by `getattr` and the like."""
    found = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.Call) and _called(node) in BY_NAME:
            found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    return found


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _evaluates(node: ast.AST) -> bool:
    """Whether this evaluates a text of the program itself, which could say anything."""
    if not isinstance(node, ast.Call) or _called(node) != "eval":
        return False
    return any(isinstance(arg, ast.Constant) for arg in node.args)


def _names(tree: ast.Module) -> set[str]:
    """Names that are read; not `hash` where a class says what its own hash is."""
    return {node.id for node in _read(tree)}


def _read(tree: ast.Module) -> Iterator[ast.Name]:
    left: list[tuple[ast.AST, bool]] = [(tree, False)]
    while left:
        node, hashing = left.pop()
        if isinstance(node, ast.Name) and not (hashing and node.id == "hash"):
            yield node
        hashing = hashing or (isinstance(node, ast.FunctionDef) and node.name == "__hash__")
        left += [(child, hashing) for child in ast.iter_child_nodes(node)]


def _own(nodes: list[ast.AST]) -> set[str]:
    """Names that the program binds itself."""
    found = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    found |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    return found | {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
