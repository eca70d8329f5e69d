"""Functions out of templates whose shapes the other generators have hardly or never, in their own words."""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random

from models.programs import probes, shapes, weighted
from models.programs.source import Source
from models.programs.wide import names, values
from models.programs.wide.fill import fill

ORIGIN = "wide"
OWN = {"probe": 0.65, "broad": 0.35}
"""By place in the mixture, share of the programs that are made of the templates here."""
UNUSED = 0.12
"""How often a function has a parameter that it does nothing with."""
STRANGE = 0.55
"""Share of names that are made at the draw."""
PLAIN = 0.85
"""How often a function is called `f`."""
_SPARE = ("word", "num", "few", "str", "small")
"""Kinds of what is not used."""


@dataclass(frozen=True, slots=True)
class Template:
    """The body of a function, with holes."""

    params: tuple[str, ...]
    kinds: tuple[str, ...]
    """Of its parameters, names of `values.MAKERS`."""
    body: str


def _read(path: Path) -> tuple[tuple[Template, ...], tuple[float, ...]]:
    templates, weights = [], []
    for head, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
        pairs = [part.split(":") for part in head.split()]
        params, kinds = tuple(name for name, _ in pairs), tuple(kind for _, kind in pairs)
        for weight, bodies in table.items():
            templates += [Template(params, kinds, body) for body in bodies]
            weights += [float(weight)] * len(bodies)
    return tuple(templates), tuple(accumulate(weights))


TEMPLATES, _WEIGHTS = _read(Path(__file__).with_name("templates.toml"))


def probe(rng: Random) -> Source:
    """A small function: one of those here, or a weighted probe."""
    return own(rng) if rng.random() < OWN["probe"] else names.sometimes_renamed(weighted.probe(rng), rng)


def broad(rng: Random) -> Source:
    """One of the functions here, or a weighted broad program."""
    return own(rng) if rng.random() < OWN["broad"] else names.sometimes_renamed(weighted.broad(rng), rng)


def own(rng: Random) -> Source:
    """A function of one of the templates, with one input."""
    return written(rng.choices(TEMPLATES, cum_weights=_WEIGHTS)[0], rng)


def written(template: Template, rng: Random) -> Source:
    """The template, filled and under other names, with arguments."""
    given = values.arguments(template.kinds, rng)
    tree = ast.parse(fill(template.body, _looked_at(given[0]), rng))
    seen = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    new = _named([*template.params, *shapes.names(tree)], seen, rng)
    params = [new[param] for param in template.params]
    if rng.random() < UNUSED:
        at = rng.randint(0, len(params))
        params.insert(at, names.fresh(names.name(rng), {*new.values()}))
        given.insert(at, values.MAKERS[rng.choice(_SPARE)](rng, None))
    name = "f" if rng.random() < PLAIN else names.fresh(names.name(rng), {*params, *new.values()})
    body = ast.unparse(names.put(tree, new)).split("\n")
    code = "\n    ".join([f"def {name}({', '.join(params)}):", *body])
    return Source(code, "function", name, (", ".join(map(repr, given)),), ORIGIN, f"{ORIGIN}-{template.body}")


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
