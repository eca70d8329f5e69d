"""Stated problems in words that training never uses: the statements of the frozen set `reworded`.

Programs, inputs and names are those of `models.programs.problems`; the English is that of `reworded.toml`, which this
module alone reads. It serves `freeze_reworded`, and no module that draws training data may import it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from models.programs import problems
from models.programs.chain import Step
from models.programs.problems import Stated
from workers.pipeline.types import Io

WORDS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("reworded.toml").read_text(encoding="utf-8"))
"""Operation → phrase, and the sentences around the phrases."""


def state(steps: tuple[Step, ...], io: Io, rng: Random) -> Stated:
    """Words for a chain, as a function or a program; a dictionary comes as an argument only."""
    src, dst = steps[0].op.src, steps[-1].op.dst
    param = rng.choice(problems.PARAMS[src])
    if io == "function":
        name = rng.choice(problems.FUNCTIONS)
        start = rng.choice(WORDS["frames"]["function"]).format(rng.choice(WORDS["receives"][src]))
        end = rng.choice(WORDS["returned"].get(dst, WORDS["returned"]["any"]))
        return Stated(steps, io, src, f"{start} {_tell(steps, rng)} {end}", f"def {name}({param}):", name, param)
    form = rng.choice([form for form in WORDS["layouts"] if form.startswith(f"{src}:")])
    start, end = rng.choice(WORDS["layouts"][form]), rng.choice(WORDS["shown"][dst])
    return Stated(steps, io, form, f"{start} {_tell(steps, rng)} {end}", "", None, param)


def phrase(step: Step) -> str:
    """The operation in other words, its parameters filled in."""
    return step.fill(WORDS["phrases"][step.op.name])


def _tell(steps: Sequence[Step], rng: Random) -> str:
    clauses = [phrase(step) for step in steps]
    if len(clauses) == 1:
        return str(rng.choice(WORDS["frames"]["single"])).format(clauses[0])
    chain = rng.choice(WORDS["chain"])
    parts = [chain["start"].format(clauses[0])]
    parts += [rng.choice(chain["middle"]).format(clause) for clause in clauses[1:-1]]
    return "".join([*parts, rng.choice(chain["end"]).format(clauses[-1])])
