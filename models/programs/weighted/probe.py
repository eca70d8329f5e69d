"""Probes whose operations and shapes are weighted by how common they are among strangers' functions."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from models.programs import probes
from models.programs.source import Source
from models.programs.weighted import values

DOUBTFUL = "doubtful"
"""Shape and origin of functions of which some runs have no end."""
ENDS = 2000
"""Lines within which a doubtful function ends if it does: it goes through its values a few times, or repeats itself."""
SHAPES = {"row": 0.29, "round": 0.29, "body": 0.26, "chain": 0.08, DOUBTFUL: 0.08}
"""How a function is built → share. Of the doubtful ones more than every second run has no end."""
KINDS = {"text": 0.54, "list": 0.33, "table": 0.13}
A_LINE_EACH = 0.45
"""How often calls in a row on a text are written one a line."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """Templates with their weights."""

    templates: tuple[str, ...]
    weights: tuple[float, ...]

    @classmethod
    def of(cls, table: dict[str, list[str]], others: tuple[str, ...] = (), rest: float = 0.0) -> Weighted:
        """From weight → templates; `others` that are not among them weigh `rest`."""
        weights = {template: float(weight) for weight, templates in table.items() for template in templates}
        weights = dict.fromkeys(others, rest) | weights
        return cls(tuple(weights), tuple(weights.values()))

    def draw(self, rng: Random, count: int = 1) -> list[str]:
        """So many different ones."""
        chosen: dict[str, None] = {}
        while len(chosen) < min(count, len(self.templates)):
            chosen[rng.choices(self.templates, self.weights)[0]] = None
        return list(chosen)


def _read(kind: str, table: dict[str, Any]) -> dict[str, Weighted]:
    even, rest = probes.OPERATIONS[kind], table.pop("rest")
    others = {"straight": even.straight, "rounds": even.rounds}
    return {shape: Weighted.of(templates, others.get(shape, ()), rest) for shape, templates in table.items()}


TEMPLATES = {
    kind: _read(kind, table)
    for kind, table in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")).items()
}
"""Kind of value → shape → templates."""


def draw(rng: Random) -> Source:
    """One function with one input."""
    kind = rng.choices(tuple(KINDS), tuple(KINDS.values()))[0]
    shape = rng.choices(tuple(SHAPES), tuple(SHAPES.values()))[0]
    body = _body(kind, shape, rng)
    source = probes.function(body, lambda: values.draw(kind, "\n".join(body), rng), rng)
    return replace(source, origin=DOUBTFUL) if shape == DOUBTFUL else source


def _body(kind: str, shape: str, rng: Random) -> list[str]:
    templates = TEMPLATES[kind]
    if shape == "row":
        return probes.in_a_row(kind, templates["straight"].draw(rng, rng.choice((1, 1, 1, 2, 2, 3, 4))), rng)
    if shape == "round":
        return [probes.gathering(kind, templates["rounds"].draw(rng)[0])]
    if shape == "chain":
        return _chain(kind, rng)
    return templates["bodies" if shape == "body" else DOUBTFUL].draw(rng)


def _chain(kind: str, rng: Random) -> list[str]:
    """Several calls in a row on one value: in one expression, or one a line."""
    main, templates = probes.MAIN[kind], TEMPLATES[kind]
    links = templates["links"].draw(rng, rng.choice((1, 2, 2, 3)))
    end = templates["ends"].draw(rng)[0] if kind != "text" or rng.random() < 0.5 else ""
    if kind == "text" and rng.random() < A_LINE_EACH:
        return [*(f"{main} = {main}{link}" for link in links), f"return {main}{end}"]
    return [f"return {main}{''.join(links)}{end}"]
