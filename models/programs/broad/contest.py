"""Programs of contest shape: they read standard input and print, in one of three ways.

`call`: the arguments a line each, one call of the function. `cases`: first how many cases follow, then each case.
`flat`: no function at all, the statements themselves, the last of which prints.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from random import Random

from models.programs.broad.inputs import MAKERS

READS = {
    "text": "input()", "short": "input()", "char": "input()", "digits": "input()", "brackets": "input()",
    "num": "int(input())", "small": "int(input())", "width": "int(input())", "index": "int(input())",
    "ints": "list(map(int, input().split()))", "words": "input().split()",
}  # fmt: skip
NUMBERS = {"num", "small", "width", "index"}


@dataclass(frozen=True, slots=True)
class Written:
    """A function with what its parameters hold."""

    name: str
    params: tuple[str, ...]
    kinds: tuple[str, ...]
    code: str
    group: str
    body: tuple[ast.stmt, ...]
    """Its statements if they make sense outside it, the last a `return`; else empty."""
    head: tuple[str, ...] = ()
    """What `body` needs before it: imports first. `code` begins with its own."""


def ways(written: Written) -> tuple[str, ...]:
    """The ways in which the function can be made a program."""
    return ("call", "cases", "flat") if written.body else ("call", "cases")


def program(written: Written, way: str) -> str:
    """The program. All parameters must be of kinds in `READS`."""
    reads = _reads(written)
    call = f"{written.name}({', '.join(written.params)})"
    if way == "call":
        return "\n".join([f"{written.code}\n", *reads, f"print({call})"])
    if way == "cases":
        inner = [f"    {line}" for line in (*reads, f"print({call})")]
        return "\n".join([f"{written.code}\n", "for _ in range(int(input())):", *inner])
    last = written.body[-1]
    assert isinstance(last, ast.Return) and last.value is not None
    shown = ast.Expr(ast.Call(ast.Name("print", ast.Load()), [last.value], []))
    statements = ast.Module([*written.body[:-1], shown], [])
    return "\n".join([*written.head, *reads, ast.unparse(ast.fix_missing_locations(statements))])


def _reads(written: Written) -> list[str]:
    """One line for each parameter, but all on one line where all are numbers."""
    if len(written.params) > 1 and set(written.kinds) <= NUMBERS:
        return [f"{', '.join(written.params)} = map(int, input().split())"]
    return [f"{param} = {READS[kind]}" for param, kind in zip(written.params, written.kinds, strict=True)]


def text(written: Written, way: str, rng: Random, difficulty: float) -> str:
    """What such a program reads."""
    cases = rng.randint(1, 3) if way == "cases" else 1
    out = f"{cases}\n" if way == "cases" else ""
    for _ in range(cases):
        lines = [_line(MAKERS[kind](rng, difficulty)) for kind in written.kinds]
        joined = len(lines) > 1 and set(written.kinds) <= NUMBERS
        out += (" " if joined else "\n").join(lines) + "\n"
    return out


def _line(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value).replace("\n", " ")
