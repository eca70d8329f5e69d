"""The measurements by name, and one of them made: a result file that appears whole or not at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.ablate import choosing, items, looping, predicting, telling, training
from models.ablate.given import Given
from models.ablate.results import Figures, Result, write


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured, and of what."""

    file: str
    """Name of the file of items."""
    draw: Callable[..., items.Rows]
    """Draws them; takes sizes and, for models from scratch, the configuration of their data and its folders."""
    make: Callable[[Given], Coroutine[Any, Any, dict[str, Figures]]]
    """Measurement → figures."""


MEASURES: Mapping[str, Measure] = {
    "programs": Measure("programs.jsonl", items.programs, predicting.programs),
    "loops": Measure("problems.jsonl", items.stated, looping.loops),
    "verifier": Measure("problems.jsonl", items.stated, choosing.verifier),
    "votes": Measure("problems.jsonl", items.stated, choosing.votes),
    "told": Measure("expressions.jsonl", telling.expressions, telling.told),
    "candidates": Measure("problems.jsonl", items.stated, choosing.candidates),
}


def measure(name: str, given: Given, trained: bool, out: Path) -> None:
    """Measure one arm once, and write what was found; `trained` says that its models were trained for it."""
    begun = time.monotonic()
    tokens = sum(map(training.tokens, given.checkpoints)) if trained else 0
    rows = asyncio.run(MEASURES[name].make(given))
    write(out, Result(given.seed, tokens, rows, round(time.monotonic() - begun, 1)))
