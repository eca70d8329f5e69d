"""Drawing a program: idioms chosen, filled, chained, renamed and given the shape of a function or a stdin program."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from models.programs.broad import contest
from models.programs.broad.contest import Written
from models.programs.broad.fill import fill
from models.programs.broad.inputs import MAKERS, Maker
from models.programs.broad.rename import renamed
from models.programs.source import Source

NAMES = ("f", "f", "f", "f", "f", "f", "solve", "process", "func", "main", "transform", "compute", "check", "run", "g")
FEEDS = {"text": "text", "words": "words", "ints": "ints", "table": "table", "int": "num"}
"""Kind of a result → kind of parameter it may become."""
ELEMENT = {"num": "ints", "text": "words"}
"""A helper of one such parameter is applied to each item of such a list."""
TYPES = {
    **dict.fromkeys(("text", "char", "short", "digits", "brackets"), "str"),
    **dict.fromkeys(("num", "small", "index", "width", "int"), "int"),
    "bool": "bool", "ints": "List[int]", "words": "List[str]", "table": "Dict[str, int]", "names": "Dict[str, str]",
    "pairs": "List[Tuple[str, int]]", "matrix": "List[List[int]]", "mixed": "list",
}  # fmt: skip
"""Kind → annotation."""
TYPED = 0.1
"""How many functions are annotated."""
_NONLOCAL = re.compile(r"\bnonlocal (\w+)$", re.MULTILINE)


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
    imports: tuple[str, ...] = ()
    before: str = ""
    """Other statements at module level. Their names are not changed."""


def _read(path: Path) -> tuple[Idiom, ...]:
    out = []
    for number, row in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["idiom"]):
        code = row["code"].strip("\n")
        params = tuple((name, kind) for name, kind in (part.split(":") for part in row["params"].split()))
        last = code.rsplit("\n", 1)[-1]
        single = code.count("return") == 1 and last.startswith("return")
        before = row.get("before", "").strip("\n")
        loops = any(word in code + before for word in ("for ", "while ", "<self>", "[<", "if <"))
        weight, imports = row.get("weight", 1.0), tuple(row.get("imports", ()))
        out.append(Idiom(number, params, row["returns"], code, weight, loops, single, imports, before))
    return tuple(out)


IDIOMS = _read(Path(__file__).with_name("idioms.toml"))


def draw(
    rng: Random, difficulty: float | None = None, inputs: int = 1, makers: Mapping[str, Maker] = MAKERS
) -> Source:
    """One program with some inputs. `difficulty`, 0..1, steers length, nesting and how long it runs; None: any.

    `makers` draw the arguments of functions, by kind.
    """
    if difficulty is None:
        difficulty = rng.random()
    name = rng.choice(NAMES)
    made = None
    while made is None:
        made = written(_chain(rng, difficulty), name, rng, difficulty)
    shape = rng.random()
    told = "\n@" not in f"\n{made.code}"  # a decorated function at module level is a value with an address
    if shape < 0.12 and told and all(kind in contest.READS for kind in made.kinds):
        layout = contest.ways(made)[int(shape / 0.12 * len(contest.ways(made)))]
        texts = tuple(contest.text(made, layout, rng, difficulty) for _ in range(inputs))
        return Source(contest.program(made, layout), "stdio", None, texts, "broad", made.group)
    given = [[makers[kind](rng, difficulty) for kind in made.kinds] for _ in range(inputs)]
    texts = tuple(", ".join(map(repr, values)) for values in given)
    return Source(made.code, "function", name, texts, "broad", made.group)


def _chain(rng: Random, difficulty: float) -> list[Idiom]:
    """One to three idioms, each fed with what the one before returns."""
    weights = [i.weight * (0.25 + difficulty if i.loops else 1.35 - difficulty) for i in IDIOMS]
    chain = [rng.choices(IDIOMS, weights)[0]]
    more = 0.15 + 0.45 * difficulty
    while chain[-1].single and chain[-1].returns in FEEDS and len(chain) < 3 and rng.random() < more:
        wanted = FEEDS[chain[-1].returns]
        chain.append(rng.choice([i for i in IDIOMS if i.params[0][1] == wanted and not (i.before and i in chain)]))
    return chain


def written(chain: list[Idiom], name: str, rng: Random, difficulty: float) -> Written | None:
    """The function; None if it would be no more than one operation, as `s.upper()`: every benchmark has those."""
    imports = merged([line for idiom in chain for line in idiom.imports])
    used = {name} | {alias.name for line in imports for alias in _import(line).names}
    before: list[str] = []
    kinds: list[str] = []
    params: list[str] = []
    body: list[ast.stmt] = []
    for position, idiom in enumerate(chain):
        # as a call, since the renamer knows names in expressions only
        code = _NONLOCAL.sub(r"nonlocal_(\1)", fill(idiom.code, rng, name))
        tree, names = renamed(code, [p for p, _ in idiom.params], used, rng)
        tree = _Nonlocals().visit(tree)
        before += [ast.unparse(ast.parse(fill(idiom.before, rng, name)))] if idiom.before else []
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
    inline = chain[-1].single and not re.search(rf"\b{name}\(|nonlocal |global ", function.split("\n", 1)[1])
    if not whole:
        head = (*imports, *before)
        if rng.random() < TYPED:
            function, imports = _typed(function, params, kinds, chain[-1].returns, imports, rng)
        code = _headed(imports, before, function)
        return Written(name, tuple(params), tuple(kinds), code, group, tuple(body) if inline else (), head)
    if any(word in function for word in (f"{name}(", "class ")):
        function = function.replace("def helper(", f"def {name}(")
        return Written(name, tuple(params), tuple(kinds), _headed(imports, before, function), group, ())
    items, item = rng.choice((("items", "x"), ("xs", "x"), ("values", "v"), ("data", "item")))
    function += f"\n\ndef {name}({items}):\n    return [helper({item}) for {item} in {items}]"
    return Written(name, (items,), (ELEMENT[kinds[0]],), _headed(imports, before, function), group, ())


class _Nonlocals(ast.NodeTransformer):
    """Calls `nonlocal_(name)` back into statements."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        match node.value:
            case ast.Call(func=ast.Name(id="nonlocal_"), args=[ast.Name(id=name)]):
                return ast.Nonlocal([name])
        return node


def merged(imports: list[str]) -> list[str]:
    """The imports, those from one module on one line, modules themselves first."""
    plain: set[str] = set()
    parts: dict[str, set[str]] = {}
    for line in imports:
        node = _import(line)
        if isinstance(node, ast.ImportFrom):
            parts.setdefault(node.module or "", set()).update(alias.name for alias in node.names)
        else:
            plain.add(line)
    return sorted(plain) + [f"from {module} import {', '.join(sorted(parts[module]))}" for module in sorted(parts)]


def _import(line: str) -> ast.Import | ast.ImportFrom:
    node = ast.parse(line).body[0]
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    return node


def _headed(imports: list[str], before: list[str], function: str) -> str:
    """A module: imports, other statements, the function."""
    return "\n\n".join(part for part in ("\n".join(imports), "\n\n".join(before), function) if part)


def _typed(
    function: str, params: list[str], kinds: list[str], returns: str, imports: list[str], rng: Random
) -> tuple[str, list[str]]:
    """The function with annotations, in the old style (`List[int]`, which needs imports) or the new."""
    types = [TYPES[kind] for kind in kinds]
    result = f" -> {TYPES[returns]}" if returns in TYPES else ""
    first, rest = function.split("\n", 1)
    signature = ", ".join(f"{param}: {kind}" for param, kind in zip(params, types, strict=True))
    first = f"{first.partition('(')[0]}({signature}){result}:"
    names = sorted(set(re.findall(r"\b(?:List|Dict|Tuple)\b", first)))
    if rng.random() < 0.4:
        return re.sub(r"\b(?:List|Dict|Tuple)\b", lambda m: m[0].lower(), first) + "\n" + rest, imports
    extra = [f"from typing import {', '.join(names)}"] if names else []
    return f"{first}\n{rest}", merged([*imports, *extra])


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
