"""What the text of a program says of its input without being walked: whether it reads, and what it compares with."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from models.programs.stdin.lines import Hints
from workers.pipeline.syntax import parse

SEARCHES = {"count", "find", "index", "replace", "startswith", "endswith"}


def reading(code: str) -> bool:
    """Whether a program names standard input at all."""
    tree = parse(code)
    return not isinstance(tree, str) and any(map(reads, ast.walk(tree)))


def reads(node: ast.AST) -> bool:
    """Whether a node of its own names standard input."""
    match node:
        case ast.Name(id="input" | "stdin") | ast.Attribute(attr="stdin") | ast.alias(name="stdin" | "fileinput"):
            return True
        case ast.Call(func=ast.Name(id="open"), args=[ast.Constant(value=0 | "/dev/stdin"), *_]):
            return True
    return False


def readers(tree: ast.AST) -> set[int]:
    """ids of the nodes that name standard input, or have a part that does."""
    found: set[int] = set()

    def mark(node: ast.AST) -> bool:
        within = [mark(child) for child in ast.iter_child_nodes(node)]
        if any(within) or reads(node):
            found.add(id(node))
        return id(node) in found

    mark(tree)
    return found


def hints(tree: ast.Module) -> Hints:
    """The texts that a program compares something with, looks up or counts."""
    texts = dict.fromkeys(
        part.value
        for node in ast.walk(tree)
        for part in _compared(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )
    told = [text for text in texts if text.isprintable() and text.strip() and text != "__main__"]
    characters = "".join(text for text in told if len(text) == 1)
    if len(characters) == 1:  # a grid is not made of its walls alone
        characters += "ab" if characters.isalnum() else "#" if characters == "." else "."
    return Hints(characters, [text for text in told if len(text) > 1 and " " not in text])


def _compared(node: ast.AST) -> Iterator[ast.expr]:
    parts: Sequence[ast.expr | None] = ()
    match node:
        case ast.Compare():
            parts = [node.left, *node.comparators]
        case ast.Dict():
            parts = node.keys
        case ast.Call(func=ast.Attribute(attr=name), args=args) if name in SEARCHES:
            parts = args
        case ast.MatchValue():
            parts = [node.value]
    for part in parts:
        if part is not None:
            yield from part.elts if isinstance(part, ast.Tuple | ast.List | ast.Set) else [part]
