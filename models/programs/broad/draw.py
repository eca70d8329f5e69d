"""Drawing a program: idioms chosen, filled, chained, renamed and given the shape of a function or a stdin program."""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path
from random import Random

from models.programs.broad import contest
from models.programs.broad.contest import Written
from models.programs.broad.fill import fill
from models.programs.broad.inputs import MAKERS
from models.programs.broad.rename import renamed
from models.programs.source import Source

NAMES = ("f", "f", "f", "f", "f", "f", "solve", "process", "func", "main", "transform", "compute", "check", "run", "g")
FEEDS = {"text": "text", "words": "words", "ints": "ints", "table": "table", "int": "num"}
"""Kind of a result → kind of parameter it may become."""
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
    name = rng.choice(NAMES)
    written = None
    while written is None:
        written = _written(_chain(rng, difficulty), name, rng, difficulty)
    shape = rng.random()
    if shape < 0.12 and all(kind in contest.READS for kind in written.kinds):
        layout = contest.ways(written)[int(shape / 0.12 * len(contest.ways(written)))]
        texts = tuple(contest.text(written, layout, rng, difficulty) for _ in range(inputs))
        return Source(contest.program(written, layout), "stdio", None, texts, "broad", written.group)
    given = [[MAKERS[kind](rng, difficulty) for kind in written.kinds] for _ in range(inputs)]
    texts = tuple(", ".join(map(repr, values)) for values in given)
    return Source(written.code, "function", name, texts, "broad", written.group)


def _chain(rng: Random, difficulty: float) -> list[Idiom]:
    """One to three idioms, each fed with what the one before returns."""
    weights = [i.weight * (0.25 + difficulty if i.loops else 1.35 - difficulty) for i in IDIOMS]
    chain = [rng.choices(IDIOMS, weights)[0]]
    more = 0.15 + 0.45 * difficulty
    while chain[-1].single and chain[-1].returns in FEEDS and len(chain) < 3 and rng.random() < more:
        wanted = FEEDS[chain[-1].returns]
        chain.append(rng.choice([i for i in IDIOMS if i.params[0][1] == wanted]))
    return chain


def _written(chain: list[Idiom], name: str, rng: Random, difficulty: float) -> Written | None:
    """The function; None if it would be no more than one operation, as `s.upper()`: every benchmark has those."""
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
    if _one_call(body):
        return None
    group = "broad-" + "-".join(str(idiom.number) for idiom in chain)
    whole = len(chain) == 1 and kinds[0] in ELEMENT and len(kinds) == 1 and rng.random() < 0.06 + 0.06 * difficulty
    function = _function("helper" if whole else name, params, body)
    inline = chain[-1].single and f"{name}(" not in function.split("\n", 1)[1]
    if not whole:
        return Written(name, tuple(params), tuple(kinds), function, group, tuple(body) if inline else ())
    if any(word in function for word in (f"{name}(", "class ")):
        function = function.replace("def helper(", f"def {name}(")
        return Written(name, tuple(params), tuple(kinds), function, group, ())
    items, item = rng.choice((("items", "x"), ("xs", "x"), ("values", "v"), ("data", "item")))
    function += f"\n\ndef {name}({items}):\n    return [helper({item}) for {item} in {items}]"
    return Written(name, (items,), (ELEMENT[kinds[0]],), function, group, ())


def _one_call(body: list[ast.stmt]) -> bool:
    """Whether all that happens is `return x.method(y, …)`."""
    if len(body) != 1 or not isinstance(body[0], ast.Return) or not isinstance(body[0].value, ast.Call):
        return False
    call = body[0].value
    plain = all(isinstance(argument, (ast.Name, ast.Constant)) for argument in call.args)
    return plain and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name)


def _function(name: str, params: list[str], body: list[ast.stmt]) -> str:
    function = ast.parse(f"def {name}({', '.join(params)}):\n    pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = body
    return ast.unparse(ast.fix_missing_locations(ast.Module([function], [])))
