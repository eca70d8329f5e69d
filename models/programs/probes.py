"""Probes: a few straight statements on values as strangers write them (`wild`), one or two operations each.

They hold a high share of what makes an execution go wrong for a small model: a long text copied, a length counted, a
substring found, an item removed. Arguments fit each other: what is searched for mostly occurs, an index is mostly in
range.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from models.programs import wild
from models.programs.source import Source

FITS = 0.7
"""How often what is searched for occurs."""
NAMES: dict[str, tuple[str, ...]] = {
    "s": ("s", "text", "string", "line", "txt", "st", "word", "value", "data", "sentence"),
    "t": ("t", "sep", "sub", "char", "prefix", "old", "target", "c", "delim"),
    "u": ("u", "new", "other", "rep", "fill", "b"),
    "l": ("l", "lst", "nums", "items", "arr", "array", "xs", "values", "a", "elements"),
    "m": ("m", "other", "more", "ys", "b", "second", "lst2"),
    "x": ("x", "item", "value", "elem", "target", "n", "num"),
    "i": ("i", "n", "idx", "index", "k", "pos", "start"),
    "j": ("j", "end", "m", "stop", "size", "width"),
    "w": ("w", "width", "size", "length", "n", "num"),
    "d": ("d", "dic", "table", "mapping", "data", "counts", "dictionary"),
    "k": ("k", "key", "name"),
    "v": ("v", "value", "val", "default"),
    "r": ("r", "res", "result", "out", "ans", "ret", "new_list", "output", "tmp", "count", "found", "position"),
    "y": ("y", "c", "e", "item", "w", "ch", "el", "key"),
    "q": ("q", "p", "j", "z", "b", "val", "idx"),
}
"""Variable of a template → the names people give it."""
INVENTED = 0.2
"""Share of names that nobody would guess."""
_BUILTIN = frozenset({"list", "len", "set", "sorted", "str", "dict", "max", "min", "map", "range", "zip", "tuple",
                      "enumerate", "reversed", "int", "isinstance", "type", "sum"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Operations:
    """What may be done with one kind of value."""

    straight: tuple[str, ...]
    rounds: tuple[str, ...]
    """Loops that gather a result."""


OPERATIONS = {
    kind: Operations(tuple(table["straight"]), tuple(table["rounds"]))
    for kind, table in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")).items()
}
PARAMS = "stuijlmxdkvw"
MAIN = {"text": "s", "list": "l", "table": "d"}
"""Kind → the parameter that its operations are on."""
WEIGHTS = {"text": 0.5, "list": 0.33, "table": 0.17}


def draw(rng: Random) -> Source:
    """One function with one input."""
    kind = rng.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))[0]
    loop = rng.random() < 0.25
    if loop:
        body = [gathering(kind, rng.choice(OPERATIONS[kind].rounds))]
    else:
        most = rng.choices((1, 2, 3), (0.5, 0.3, 0.2))[0]
        body = in_a_row(kind, rng.sample(OPERATIONS[kind].straight, most), rng)
    return function(body, lambda: _values(rng, short=loop), rng)


def function(body: list[str], values: Callable[[], Mapping[str, Any]], rng: Random) -> Source:
    """A function of these statements, and its arguments out of `values`, which has one for every parameter."""
    tree = ast.parse("\n".join(body))
    used = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    params = [name for name in PARAMS if name in used]
    if rng.random() < 0.2:
        rng.shuffle(params)
    given = values()
    names = _names([*params, *dict.fromkeys(used)], rng)
    _Renamer(names).visit(tree)
    name = "f" if rng.random() < 0.8 else _free(wild.identifier(rng), set(names.values()))
    lines = [f"def {name}({', '.join(names[p] for p in params)}):", *ast.unparse(tree).split("\n")]
    text = ", ".join(repr(given[p]) for p in params)
    return Source("\n    ".join(lines), "function", name, (text,), "probe", f"probe-{'|'.join(body)}")


def in_a_row(kind: str, chosen: Sequence[str], rng: Random) -> list[str]:
    """These operations and a `return`."""
    out: list[str] = []
    results: list[str] = []
    main = MAIN[kind]
    for number, statement in enumerate(chosen):
        last = number == len(chosen) - 1
        expression = statement.removeprefix("r = ")
        if expression == statement:  # it changes its argument
            out.append(statement)
            results.append(main)
        elif last and rng.random() < 0.6:
            asks = " in " in expression or "==" in expression or ".is" in expression or "with(" in expression
            if asks and "[" not in expression and rng.random() < 0.5:
                return [*out, f"if {expression}:\n    return {main}", f"return {rng.choice([*results, 'i'])}"]
            return [*out, f"return {expression}"]
        else:
            name = f"r{number}"
            out.append(f"{name} = {expression}")
            results.append(name)
    results = list(dict.fromkeys(results))
    together = rng.choice(("({})", "[{}]")) if len(results) > 1 and rng.random() < 0.5 else ""
    return [*out, f"return {together.format(', '.join(results)) if together else results[-1]}"]


def gathering(kind: str, loop: str) -> str:
    """A loop, with what it gathers in."""
    starts = {"r.append": "[]", "r.insert": "[]", "r[": "{}", "r += 1": "0"}
    start = next((start for sign, start in starts.items() if sign in loop), "''")
    main = MAIN[kind]
    if "r" not in {node.id for node in ast.walk(ast.parse(loop)) if isinstance(node, ast.Name)}:
        return f"{loop}\nreturn {main}"
    return f"r = {start}\n{loop}\nreturn r"


def _values(rng: Random, short: bool) -> dict[str, Any]:
    """A value for every parameter, that fits the others."""
    text = wild.text(rng, 10 if short else rng.choice((12, 24, wild.MOST)))
    at = rng.randrange(len(text)) if text else 0
    found = text[at : at + rng.choice((1, 1, 1, 2, 3))]
    part = found if found and rng.random() < FITS else wild.word(rng)[: rng.choice((1, 1, 2, 4))] or " "
    most = 6 if short else rng.choice((5, 8, 12))
    items: list[Any] = rng.choice((wild.ints, wild.ints, wild.words, wild.mixed))(rng, most)
    plain = all(isinstance(item, int) for item in items)
    item = rng.choice(items) if items and rng.random() < FITS else rng.randint(-9, 60) if plain else wild.scalar(rng)
    others = [rng.choice(items) for _ in range(rng.randint(0, 3))] if items else []
    others += wild.ints(rng, 3) if plain else wild.words(rng, 3)
    table = wild.table(rng, 4 if short else 6)
    key = rng.choice(list(table)) if table and rng.random() < FITS else wild.scalar(rng)
    within = max(1, min(9, max(len(text), len(items)) - 1))
    index = rng.randint(0, within) if rng.random() < 0.85 else rng.randint(-4, 12)
    if rng.random() < 0.6:
        index = min(index, max(len(items) - 1, 0))
    value: object = rng.choice((wild.word(rng), rng.randint(-9, 99), [rng.randint(0, 9)]))
    if table and rng.random() < 0.4:
        value = rng.choice(list(table.values()))
    return {
        "s": text, "t": part, "u": wild.word(rng)[:4], "l": items, "x": item, "m": others, "i": index,
        "j": index + rng.randint(0, 8), "d": table, "k": key, "v": value,
    }  # fmt: skip


def _names(variables: list[str], rng: Random) -> dict[str, str]:
    """New names for the variables, all different."""
    out: dict[str, str] = {}
    for variable in variables:
        if variable in out or variable[0] not in NAMES or variable in _BUILTIN:
            continue
        pool = NAMES[variable[0]]
        wanted = wild.identifier(rng) if rng.random() < INVENTED else rng.choice(pool)
        out[variable] = _free(wanted, set(out.values()))
    return out


def _free(name: str, used: set[str]) -> str:
    number, free = 2, name
    while free in used:
        free, number = f"{name}{number}", number + 1
    return free


class _Renamer(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node
