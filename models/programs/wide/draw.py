"""Functions out of templates whose shapes the other generators have hardly or never, in their own words."""

from __future__ import annotations

import ast
import hashlib
import tomllib
from dataclasses import dataclass
from itertools import accumulate
from math import prod
from pathlib import Path
from random import Random

from models.programs import probes, shapes, weighted
from models.programs.source import Source
from models.programs.wide import names, slips, values
from models.programs.wide.fill import fill
from models.programs.wide.outside import imported, outside
from workers.pipeline.rename import put

ORIGIN = "wide"
OWN = {"probe": 0.35, "broad": 0.6}
"""By place in the mixture, share of the programs that are made of the templates here."""
UNUSED = 0.07
"""How often a function has a parameter that it does nothing with."""
STARTS: dict[str, dict[str, list[str]]] = tomllib.loads(
    Path(__file__).with_name("starts.toml").read_text(encoding="utf-8")
)
"""Kind of the first parameter → what may stand before a template."""
SORTS = {"text": "text", "str": "text", "ints": "ints", "words": "words", "table": "table", "names": "table"}
"""Kind of parameter → whose starts are its own."""
STARTED = {"guards": 0.22, "changes": 0.22}
"""How often a function begins with one."""
PLACED = frozenset({"at", "to", "item", "key", "width"})
"""Kinds that fit the first argument as it is given, so that it is not changed."""
STRANGE = 0.5
"""Share of names that are made at the draw."""
PLAIN = 0.85
"""How often a function is called `f`."""
WANTED = {
    ".update(": 6, ".popitem(": 5, "fromkeys(": 10, "isinstance(": 7, ".extend(": 4, ".copy(": 7, "item[": 3,
    ".translate(": 10, ".format(": 3, ".partition(": 4, ".rindex(": 8, "splitlines(": 10, "filter(": 5, "reversed(": 2,
    "dict(": 4, ".expandtabs(": 4, "istitle(": 5, ".casefold(": 6, "return <": 6,
    " < len(": 1.5, "bool(": 3, "[q]": 2.5, "range(": 1.8, ".replace(": 1.5, ".join(": 1.3,
}  # fmt: skip
"""What strangers' functions have more often than the rest of the mixture → how many times as often as their weights say
templates with it come."""
EARLY = 1.5
"""The same for those that may return early."""
_SPARE = ("word", "num", "few", "str", "small")
"""Kinds of what is not used."""


@dataclass(frozen=True, slots=True)
class Template:
    """The body of a function, with holes."""

    params: tuple[str, ...]
    kinds: tuple[str, ...]
    """Of its parameters, names of `values.MAKERS`."""
    body: str
    weight: float
    """How often it is drawn, beside others'."""


def _read(path: Path) -> list[Template]:
    out = []
    for head, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
        pairs = [part.split(":") for part in head.split()]
        params, kinds = tuple(name for name, _ in pairs), tuple(kind for _, kind in pairs)
        for weight, bodies in table.items():
            out += [Template(params, kinds, body, float(weight) * _wanted(body)) for body in bodies]
    return out


def _wanted(body: str) -> float:
    early = EARLY if body.count("return ") > 1 else 1
    return early * prod(times for part, times in WANTED.items() if part in body)


def held_out(template: Template) -> bool:
    """True for about one template in eight: those are for `unseen` alone, never for training."""
    return int(hashlib.sha256(template.body.encode()).hexdigest(), 16) % 8 == 0


_ALL = [one for path in sorted(Path(__file__).with_name("templates").glob("*.toml")) for one in _read(path)]
TEMPLATES = tuple(template for template in _ALL if not held_out(template))
UNSEEN = tuple(template for template in _ALL if held_out(template))
_WEIGHTS, _UNSEEN_WEIGHTS = (tuple(accumulate(template.weight for template in pool)) for pool in (TEMPLATES, UNSEEN))


def probe(rng: Random) -> Source:
    """A small function: one of those here, or a weighted probe; now and then with a slip."""
    here = rng.random() < OWN["probe"]
    return slips.sometimes(own(rng) if here else names.sometimes_renamed(weighted.probe(rng), rng), rng)


def broad(rng: Random) -> Source:
    """One of the functions here, or a weighted broad program; now and then with a slip."""
    here = rng.random() < OWN["broad"]
    return slips.sometimes(own(rng) if here else names.sometimes_renamed(weighted.broad(rng), rng), rng)


def own(rng: Random) -> Source:
    """A function of one of the templates, with one input."""
    return written(rng.choices(TEMPLATES, cum_weights=_WEIGHTS)[0], rng)


def unseen(rng: Random, inputs: int) -> Source:
    """A function of a template that is kept out of training, with so many inputs: to see what a model makes of it."""
    return written(rng.choices(UNSEEN, cum_weights=_UNSEEN_WEIGHTS)[0], rng, inputs)


def written(template: Template, rng: Random, inputs: int = 1) -> Source:
    """The template, filled and under other names, with so many inputs."""
    given = [values.arguments(template.kinds, rng) for _ in range(inputs)]
    body = "\n".join([*_starts(template, rng), template.body])
    tree = ast.parse(fill(body, _looked_at(given[0][0]), rng))
    seen = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    new = _named([*template.params, *shapes.names(tree)], seen | imported(tree), rng)
    params = [new[param] for param in template.params]
    taken = {*new.values(), *imported(tree)}
    if rng.random() < UNUSED:
        at = rng.randint(0, len(params))
        params.insert(at, names.fresh(names.name(rng), taken))
        spare = values.MAKERS[rng.choice(_SPARE)]
        for arguments in given:
            arguments.insert(at, spare(rng, None))
    name = "f" if rng.random() < PLAIN else names.fresh(names.name(rng), {*params, *taken})
    lines = ast.unparse(put(tree, new)).split("\n")
    code = "\n    ".join([f"def {name}({', '.join(params)}):", *lines])
    texts = tuple(", ".join(map(repr, arguments)) for arguments in given)
    return Source(outside(code, rng), "function", name, texts, ORIGIN, f"{ORIGIN}-{template.body}")


def _starts(template: Template, rng: Random) -> list[str]:
    """None, one or two starts of a function."""
    starts = STARTS.get(SORTS.get(template.kinds[0], ""), {})
    shares = {way: share for way, share in STARTED.items() if way in starts}
    if not PLACED.isdisjoint(template.kinds):
        shares.pop("changes", None)
    chosen = [rng.choice(starts[way]) for way, share in shares.items() if rng.random() < share]
    return [start.replace("$v", template.params[0]) for start in chosen]


def _looked_at(value: object) -> str:
    """The text that literals of a template shall occur in."""
    if isinstance(value, str):
        return value
    return "".join(map(str, value)) if isinstance(value, (list, dict)) else str(value)


def _named(variables: list[str], kept: set[str], rng: Random) -> dict[str, str]:
    """New names for the variables, all different: usual ones, or made here."""
    out: dict[str, str] = {}
    used = (kept - {*variables}) | {"f"}
    for variable in dict.fromkeys(variables):
        usual = probes.NAMES.get(variable[0], (variable,)) if len(variable) == 1 else (variable, "pair", "entry", "kv")
        wanted = names.name(rng) if rng.random() < STRANGE else rng.choice(usual)
        out[variable] = names.fresh(wanted, used)
    return out
