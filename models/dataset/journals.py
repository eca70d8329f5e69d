"""Journals of `python -m models.narrative` as a source: what a model said of runs becomes drafts. Runs nothing."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from random import Random

from models.config import SourceConfig
from models.dataset.draft import Draft
from models.dataset.records import Dropped
from models.narrative import explanation, prose
from models.narrative.explanation import Explanation
from models.narrative.rewrite import agrees
from models.programs.source import Rejected
from workers.pipeline import parse
from workers.pipeline.types import Completion, FinishReason

NARRATIVE = "explained"
"""What the column `narrative` says of these rows."""
UNTRUE = "states another outcome than the run's"


def explained(source: SourceConfig, seed: int, number: int, parts: int) -> Iterator[Draft | Rejected]:
    """Every row of the journals, once: those that belong to part `number`, in a drawn order.

    An explanation that was dropped comes as a `Rejected` with the reason.
    """
    found = list(_journals(source.path))
    Random(f"{seed}:explained").shuffle(found)
    for row in found[number::parts]:
        if isinstance(row, Rejected):
            yield row
        else:
            yield Draft("predict", row.source, difficulty=row.difficulty, explanation=row)


def fingerprint(source: SourceConfig) -> str:
    """sha256 of what the journals hold, whatever the order in which the answers came. Raises InputError."""
    return hashlib.sha256(repr(_journals(source.path)).encode()).hexdigest()


@functools.cache
def _journals(location: str) -> tuple[Explanation | Rejected, ...]:
    """All rows; each process reads them once, so that a part is made of what its fingerprint was taken of."""
    return tuple(explanation.read(location))


def completion(found: Explanation) -> str:
    """The explanation as the answer to the serving prompt. Raises Dropped where it states another outcome than the run.

    It ends with the true outcome as `repr` writes it, not with the model's spelling or what it wrote after that.
    """
    said = parse.prediction(Completion(found.text, FinishReason.STOP), "chat")
    if not agrees(said, found.run, found.source.io):
        raise Dropped(UNTRUE)
    return f"{said.narrative}\n\n{prose.outcome(found.run)}"
