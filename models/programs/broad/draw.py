"""Drawing a program: idioms chosen, filled, chained, renamed and given the shape of a function or a stdin program."""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path
from random import Random

from models.programs.broad.fill import fill
from models.programs.broad.inputs import MAKERS
from models.programs.broad.rename import renamed
from models.programs.source import Source

NAMES = ("f", "f", "f", "f", "f", "f", "solve", "process", "func", "main", "transform", "compute", "check", "run", "g")
FEEDS = {"text": "text", "words": "words", "ints": "ints", "table": "table", "int": "num"}
"""Kind of a result → kind of parameter it may become."""
READS = {
    "text": "input()", "short": "input()", "char": "input()", "digits": "input()", "brackets": "input()",
    "num": "int(input())", "small": "int(input())", "width": "int(input())", "index": "int(input())",
    "ints": "list(map(int, input().split()))", "words": "input().split()",
}  # fmt: skip
ELEMENT = {"num": "ints", "text": "words"}
"""A helper of one such parameter is applied to each item of such a list."""


@dataclass(frozen=True, slots=True)
class Idiom:
    """A template: what one small function does."""

    number: int
    params: tuple[tuple[str, str], ...]
    """Name and kind."""
    returns: str
    code: str
    weight: float
    loops: bool
    single: bool
    """Its only `return` is its last line, so that another idiom can follow."""


def _read(path: Path) -> tuple[Idiom, ...]:
    out = []
    for number, row in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["idiom"]):
        code = row["code"].strip("\n")
        params = tuple((name, kind) for name, kind in (part.split(":") for part in row["params"].split()))
        last = code.rsplit("\n", 1)[-1]
        single = code.count("return") == 1 and last.startswith("return")
        loops = any(word in code for word in ("for ", "while ", "<self>", "[<", "if <"))
        out.append(Idiom(number, params, row["returns"], code, row.get("weight", 1.0), loops, single))
    return tuple(out)


IDIOMS = _read(Path(__file__).with_name("idioms.toml"))


def draw(rng: Random, difficulty: float | None = None, inputs: int = 1) -> Source:
    """One program with some inputs. `difficulty`, 0..1, steers length, nesting and how long it runs; None: any."""
    if difficulty is None:
        difficulty = rng.random()
    chain = _chain(rng, difficulty)
    name = rng.choice(NAMES)
    kinds, code = _written(chain, name, rng, difficulty)
    group = "broad-" + "-".join(str(idiom.number) for idiom in chain)
    stdin = rng.random() < 0.12 and all(kind in READS for kind in kinds)
    given = [[MAKERS[kind](rng, difficulty) for kind in kinds] for _ in range(inputs)]
    if stdin:
        return Source(_stdin(code, name, kinds), "stdio", None, tuple(map(_lines, given)), "broad", group)
    return Source(code, "function", name, tuple(", ".join(map(repr, values)) for values in given), "broad", group)


def _lines(values: list[object]) -> str:
    """The values as standard input, one a line."""
    texts = (" ".join(map(str, v)) if isinstance(v, list) else str(v).replace("\n", " ") for v in values)
    return "".join(text + "\n" for text in texts)


def _chain(rng: Random, difficulty: float) -> list[Idiom]:
    """One to three idioms, each fed with what the one before returns."""
    weights = [i.weight * (0.25 + difficulty if i.loops else 1.35 - difficulty) for i in IDIOMS]
    chain = [rng.choices(IDIOMS, weights)[0]]
    more = 0.15 + 0.45 * difficulty
    while chain[-1].single and chain[-1].returns in FEEDS and len(chain) < 3 and rng.random() < more:
        wanted = FEEDS[chain[-1].returns]
        chain.append(rng.choice([i for i in IDIOMS if i.params[0][1] == wanted]))
    return chain


def _written(chain: list[Idiom], name: str, rng: Random, difficulty: float) -> tuple[list[str], str]:
    """Kinds of the parameters, and the function."""
    used = {name}
    kinds: list[str] = []
    params: list[str] = []
    body: list[ast.stmt] = []
    for position, idiom in enumerate(chain):
        tree, names = renamed(fill(idiom.code, rng, name), [p for p, _ in idiom.params], used, rng)
        if position:
            last = body.pop()
            assert isinstance(last, ast.Return) and last.value is not None
            body.append(ast.Assign([ast.Name(names[0], ast.Store())], last.value, lineno=0))
        params += names[bool(position) :]
        kinds += [kind for _, kind in idiom.params[bool(position) :]]
        body += tree.body
    whole = len(chain) == 1 and kinds[0] in ELEMENT and len(kinds) == 1 and rng.random() < 0.06 + 0.06 * difficulty
    function = ast.unparse(ast.fix_missing_locations(ast.Module([_def("helper" if whole else name, params, body)], [])))
    if not whole or any(word in function for word in (f"{name}(", "class ")):
        return kinds, function.replace("def helper(", f"def {name}(") if whole else function
    items, item = rng.choice((("items", "x"), ("xs", "x"), ("values", "v"), ("data", "item")))
    return [ELEMENT[kinds[0]]], f"{function}\n\ndef {name}({items}):\n    return [helper({item}) for {item} in {items}]"


def _def(name: str, params: list[str], body: list[ast.stmt]) -> ast.FunctionDef:
    function = ast.parse(f"def {name}({', '.join(params)}):\n    pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = body
    return function


def _stdin(code: str, name: str, kinds: list[str]) -> str:
    """A program that reads the arguments line by line and prints what the function returns."""
    reads = [f"a{number} = {READS[kind]}" for number, kind in enumerate(kinds)]
    call = f"{name}({', '.join(f'a{number}' for number in range(len(kinds)))})"
    return "\n".join([f"{code}\n", *reads, f"print({call})"])
