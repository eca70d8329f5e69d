"""Text a model wrote → its syntax tree, or the reason why it has none.

Parsing only: nothing here compiles, imports or evaluates what the text says.
"""

from __future__ import annotations

import ast
import warnings

MAX_SOURCE = 100_000
"""Characters of one program; longer text is refused before it is parsed."""

PARSE_ERRORS = (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError)
"""What `ast.parse` and `ast.literal_eval` raise on hostile text: bad syntax, NUL bytes, surrogates, deep nesting."""


def parse(source: str) -> ast.Module | str:
    """The tree of a program, or one line that says why there is none. Never raises on text."""
    if len(source) > MAX_SOURCE:
        return f"longer than {MAX_SOURCE} characters"
    try:
        with warnings.catch_warnings():  # a doubtful escape in model text is no business of our stderr
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}" if error.lineno else error.msg
    except PARSE_ERRORS as error:
        return f"cannot be parsed ({type(error).__name__})"


def stray(tree: ast.Module) -> str | None:
    """The first `return`, `yield` or `await` outside of functions, in one line: it parses, but is no program."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    names = {ast.Return: "return", ast.Yield: "yield", ast.YieldFrom: "yield", ast.Await: "await"}
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if type(node) in names:
            return f"line {node.lineno}: {names[type(node)]} outside of a function"  # type: ignore[attr-defined]
        if not isinstance(node, functions):
            waiting += reversed(list(ast.iter_child_nodes(node)))
    return None


def defined(tree: ast.Module) -> list[str]:
    """Names that a module may bind to a function at its top level: by `def`, in order, then by assignment."""
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda | ast.Name | ast.Attribute | ast.Call):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return names


def normalized(source: str) -> str | None:
    """A text equal for programs that differ only in layout, comments and docstrings; None if it does not parse."""
    tree = parse(source)
    if isinstance(tree, str):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            _drop_docstring(node)
    try:
        return ast.dump(tree)
    except RecursionError:
        return source.strip()


def laid_out(source: str, last: str | None = None) -> str | None:
    """The program in the one layout of `ast.unparse`, comments and docstrings dropped; None if it does not parse.

    Each statement stands on one line, which is what narratives count on. The function `last`, if there is one at the
    top level, is moved to the end.
    """
    tree = parse(source)
    if isinstance(tree, str):
        return None
    tree.body.sort(key=lambda node: isinstance(node, ast.FunctionDef) and node.name == last)  # stable
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            _drop_docstring(node)
            if not node.body and not isinstance(node, ast.Module):
                node.body = [ast.Pass()]
    try:
        return ast.unparse(tree)
    except (RecursionError, ValueError):
        return None


def values_laid_out(text: str) -> str | None:
    """A literal, or an argument list of a call, in the layout of `ast.unparse`: `{"a":1}` as `{'a': 1}`.

    None if it does not parse, or is not of that form.
    """
    tree = parse(f"_({text}\n)")
    match tree:
        case ast.Module(body=[ast.Expr(value=ast.Call(func=ast.Name(id="_")) as call)]):
            try:
                return ast.unparse(call)[2:-1]
            except (RecursionError, ValueError):
                return None
    return None


def _drop_docstring(node: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
    match node.body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            node.body = rest  # may leave an empty body
        case _:
            pass
