"""Generators and corpora under one interface: a kind → drafts of training tasks. Runs nothing."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from random import Random

from models.config import SourceConfig
from models.dataset.draft import Draft
from models.dataset.keys import program_key
from models.dataset.records import Dropped, layout
from models.dataset.stated import INPUTS, composed, mutant
from models.programs import broad as broad_
from models.programs import corpus as corpora
from models.programs import functions, fuzz, probes
from models.programs.source import Rejected, Source
from workers.pipeline.errors import InputError
from workers.pipeline.syntax import laid_out

Generator = Callable[[SourceConfig, Random], Draft]


def drill(_source: SourceConfig, rng: Random) -> Draft:
    """A function of a single expression."""
    return _function(functions.drill(rng), "drill", rng)


def probe(_source: SourceConfig, rng: Random) -> Draft:
    """A few statements on values as strangers write them."""
    drawn = probes.draw(rng)
    return Draft("predict", replace(drawn, code=layout(drawn.code)))


def random(_source: SourceConfig, rng: Random) -> Draft:
    """A function or script put together at random, by type."""
    return _function(functions.draw(rng), "random", rng)


def broad(source: SourceConfig, rng: Random) -> Draft:
    """A program like those people write, of a difficulty from the configured range, right or with a slip."""
    difficulty = rng.uniform(source.easiest, source.hardest)
    slip = bool(source.wrong) and rng.random() < source.wrong
    drawn = broad_.draw(rng, difficulty, INPUTS if slip else 1)
    code = laid_out(drawn.code, drawn.entry_point)
    if code is None:
        raise Dropped("does not parse")
    if slip:
        changed = mutant(code, rng)
        wrong = replace(drawn, code=changed.code, correct=False)
        return Draft("predict", wrong, right=code, slip=changed.operator, difficulty=difficulty)
    return Draft("predict", replace(drawn, code=code), difficulty=difficulty)


def corpus(source: SourceConfig, seed: int, number: int, parts: int) -> Iterator[Draft | Rejected]:
    """Every program of a corpus with each of its inputs, once: those that belong to part `number`, in a drawn order.

    A program without inputs comes once, with guesses; a row that cannot be used comes once, with its reason.
    """
    rows = _corpus(source.path, source.split)
    places = [(row, at) for row in rows for at in range(1 if isinstance(row, Rejected) else len(row.inputs) or 1)]
    rng = Random(f"{seed}:corpus")
    rng.shuffle(places)
    for row, at in places[number::parts]:
        if isinstance(row, Rejected):
            yield row
        elif row.inputs:
            yield Draft("predict", replace(row, inputs=(row.inputs[at],)))
        else:
            own = Random(f"{seed}:{row.code}")
            guesses = tuple(fuzz.guesses(row, own, INPUTS))
            yield Draft("predict", replace(row, inputs=guesses), guessed=True)


@functools.cache
def _corpus(path: str, split: str) -> list[Source | Rejected]:
    """All rows; each process reads them once."""
    rows = corpora.read(path, split)
    if not rows:
        raise InputError(f"corpus {path} has no rows")
    return rows


def fingerprint(source: SourceConfig) -> str:
    """sha256 of what was read of a corpus, whatever form it has: other rows would give other bytes."""
    return hashlib.sha256(repr(_corpus(source.path, source.split)).encode("utf-8", "surrogatepass")).hexdigest()


def _function(drawn: functions.Drawn, origin: str, rng: Random) -> Draft:
    code = layout(drawn.code)
    given = functions.arguments(drawn, rng)
    source = Source(code, drawn.io, drawn.entry_point, (given,), origin, program_key(code))  # type: ignore[arg-type]
    return Draft("predict", source)


GENERATORS: Mapping[str, Generator] = {
    "drill": drill, "probe": probe, "random": random, "broad": broad, "composed": composed,
}  # fmt: skip
"""Kind of a `[[source]]` → what draws from it, without end."""
CORPUS = "corpus"
"""The kind that comes to an end."""
STATED = frozenset({"composed"})
"""Kinds that also serve `solve`, `fix` and `verify`, with tests."""
SLIPPING = STATED | {"broad"}
"""Kinds that also draw wrong programs."""
