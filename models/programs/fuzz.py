"""Inputs for programs that come without any.

A function gets values of the kinds its parameters seem to have, a program that reads standard input the lines that it
seems to read (`models.programs.stdin`). A kind follows from the annotation, else from the default, else from what the
body does with the parameter (its methods, operators, indices) and from its name. Which guess fits is found by running
the program on it, which is the caller's business.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from random import Random

from models.programs import stdin
from models.programs.broad.inputs import MAKERS
from models.programs.broad.rename import POOLS
from models.programs.source import Source
from workers.pipeline.syntax import parse

ANNOTATED = {
    "str": ("text", "char", "short"), "int": ("num", "small"), "bool": ("bool",), "float": ("float",),
    "list": ("ints", "words", "mixed"), "list[int]": ("ints",), "list[str]": ("words",), "dict": ("table",),
    "dict[str, int]": ("table",), "list[list[int]]": ("matrix",), "tuple": ("pair",), "set": ("set",),
    "list[tuple[str, int]]": ("pairs",), "dict[str, str]": ("names",), "set[int]": ("set",),
}  # fmt: skip
STRING = set(dir(str)) - set(dir(list)) - set(dir(dict)) - set(dir(set))
LIST = {"append", "sort", "insert", "extend", "reverse"}
TABLE = {"keys", "values", "items", "setdefault", "get"}
SET = {"add", "union", "intersection", "difference", "issubset", "discard"}
ANY = ("ints", "text", "num", "words", "table")
"""Guesses for a parameter that tells nothing, likeliest first."""
NAMED = {
    name: kind
    for pool, kind in (
        ("items", "ints"), ("pairs", "pairs"), ("matrix", "matrix"), ("key", "short"), ("i", "small"), ("char", "char"),
        ("n", "num"), ("d", "table"), ("words", "words"), ("nums", "ints"), ("text", "text"),
    )
    for name in POOLS[pool]
}  # fmt: skip
"""What people call such things; of two kinds with one name the one that stands later."""


MISFITS = {
    "function": frozenset({"TypeError", "AttributeError"}),
    "stdio": frozenset({
        "TypeError", "AttributeError", "ValueError", "EOFError", "IndexError", "KeyError", "StopIteration",
    }),
}  # fmt: skip
"""How a run on a wrong guess ends: the function is called with another type, the text has another form."""


def guesses(source: Source, rng: Random, count: int) -> Iterator[str]:
    """At most `count` guesses at an input of a program, likeliest first; none where nothing can be guessed."""
    if source.io == "stdio":
        return stdin.texts(source.code, rng, count) if stdin.reading(source.code) else iter([""])
    return arguments(source.code, source.entry_point or "", rng, count)


def value(kind: str, rng: Random) -> object:
    """A value of a kind: those of the broad generator, and a few more."""
    match kind:
        case "bool":
            return rng.random() < 0.5
        case "float":
            return round(rng.uniform(-9, 20), rng.choice((0, 1, 2)))
        case "pair":
            return tuple(rng.randint(0, 9) for _ in range(2))
        case "set":
            return {rng.randint(0, 9) for _ in range(rng.randint(1, 4))}
    return MAKERS[kind](rng, rng.random())


def arguments(code: str, entry_point: str, rng: Random, count: int) -> Iterator[str]:
    """`count` argument lists for a function, each a guess of all kinds together; none where it cannot be called."""
    tree = parse(code)
    functions = [] if isinstance(tree, str) else [n for n in tree.body if isinstance(n, ast.FunctionDef)]
    function = next((f for f in functions if f.name == entry_point), None)
    if function is None or any(default is None for default in function.args.kw_defaults):
        return
    guesses = kinds(function)
    if function.args.vararg is not None:
        guesses += [_kinds(function, function.args.vararg, None)] * rng.randint(1, 3)
    for number in range(count):
        # the first try takes the likeliest kind of each parameter, later ones stray further
        chosen = [own[min(len(own) - 1, int(rng.random() * (1 + number / 4)))] for own in guesses]
        values = [value(kind, rng) for kind in chosen]
        yield ", ".join(map(repr, values))


def kinds(function: ast.FunctionDef) -> list[Sequence[str]]:
    """For each parameter that is given by position the kinds it may have, likeliest first."""
    args = [*function.args.posonlyargs, *function.args.args]
    defaults: list[ast.expr | None] = [None] * (len(args) - len(function.args.defaults)) + list(function.args.defaults)
    return [_kinds(function, arg, default) for arg, default in zip(args, defaults, strict=True)]


def _kinds(function: ast.FunctionDef, arg: ast.arg, default: ast.expr | None) -> Sequence[str]:
    if arg.annotation is not None:
        text = ast.unparse(arg.annotation).replace("typing.", "").replace("List", "list").replace("Dict", "dict")
        known = ANNOTATED.get(text) or ANNOTATED.get(text.partition("[")[0].lower())
        if known:
            return known
    if isinstance(default, ast.Constant) and type(default.value).__name__ in ANNOTATED:
        return ANNOTATED[type(default.value).__name__]
    named = [NAMED[arg.arg]] if arg.arg in NAMED else []
    uses = (kind for node in ast.walk(function) for kind in _use(node, arg.arg))
    return list(dict.fromkeys([*uses, *named, *ANY]))


def _use(node: ast.AST, name: str) -> Iterator[str]:
    """Kinds that one use of a parameter speaks for."""
    yield from _called(node, name)
    match node:
        case ast.BinOp(left=ast.Name(id=used), op=ast.Sub() | ast.FloorDiv() | ast.Div() | ast.Pow()) if used == name:
            yield "num"
        case ast.BinOp(left=ast.Name(id=used), op=ast.Mod(), right=right) if used == name:
            if not isinstance(right, ast.Tuple):
                yield "num"
        case ast.Compare(left=ast.Name(id=used), comparators=[ast.Constant(value=int())]) if used == name:
            yield "num"
        case ast.Compare(left=ast.Name(id=used), comparators=[ast.Constant(value=str())]) if used == name:
            yield "char"
        case ast.Compare(left=ast.Name(id=used), ops=[ast.In() | ast.NotIn()], comparators=[_]) if used == name:
            yield "char"
        case ast.Subscript(value=ast.Subscript(value=ast.Name(id=used))) if used == name:
            yield "matrix"


def _called(node: ast.AST, name: str) -> Iterator[str]:
    """Kinds that a call of a parameter's method, or with the parameter, speaks for."""
    match node:
        case ast.Attribute(value=ast.Name(id=used), attr=method) if used == name:
            if method in STRING:
                yield "text"
            yield from (kind for kind, names in (("ints", LIST), ("table", TABLE), ("set", SET)) if method in names)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="join"), args=[ast.Name(id=used)]) if (
            used == name
        ):
            yield "words"
        case ast.Call(func=ast.Name(id="range"), args=[*_, ast.Name(id=used)]) if used == name:
            yield "small"
        case ast.Call(func=ast.Name(id="sum" | "max" | "min"), args=[ast.Name(id=used)]) if used == name:
            yield "ints"
