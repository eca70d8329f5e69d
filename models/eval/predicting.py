"""Output prediction: how often the predicted outcome of a program is what it really does.

A prediction counts only if the outcome is of the right kind and equal: an output by the rules of `pipeline.compare`,
an exception by its name. A prompt over the model's context counts as wrong.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.eval.breakdown import breakdown
from models.eval.cost import cost
from models.eval.estimators import pass_at
from models.eval.stats import brier, estimate, expected_calibration_error, reliability
from workers.pipeline import calibrate, compare, parse
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import ContextLengthError, InputError
from workers.pipeline.gather import gather
from workers.pipeline.model import Model
from workers.pipeline.predict import majority, predict, sampled
from workers.pipeline.types import Io, Prediction, Usage


@dataclass(frozen=True, slots=True)
class Item:
    """A program, one input, and what really happens."""

    id: str
    code: str
    io: Io
    entry_point: str | None
    given: str
    output: str | None
    raises: str | None = None
    finishes: bool = True
    origin: str = ""


def frozen_items(rows: Sequence[dict[str, Any]]) -> list[Item]:
    """The project's own held-out programs."""
    return [
        Item(
            r["id"], r["code"], r["io"], r["entry_point"], r["input"],
            r["output"], r["raises"], r["finishes"], r["origin"],
        )
        for r in rows
    ]  # fmt: skip


def cruxeval_items(rows: Sequence[dict[str, Any]]) -> list[Item]:
    """CRUXEval-O in its source fields."""
    try:
        return [Item(r["id"], r["code"], "function", "f", r["input"], r["output"]) for r in rows]
    except (KeyError, TypeError) as error:
        raise InputError(f"not a CRUXEval row: {error!r}") from error


def right(prediction: Prediction, item: Item) -> bool:
    """Whether the prediction names what really happens."""
    if item.raises is not None:
        return prediction.raises == item.raises
    if not item.finishes:
        return prediction.finishes is False
    return prediction.output is not None and compare.matches(prediction.output, item.output or "", item.io)


async def predictions(items: Sequence[Item], model: Model, config: PipelineConfig) -> list[Prediction]:
    """One prediction for each item, all in flight at once."""

    async def one(item: Item) -> Prediction:
        try:
            return await predict(item.code, item.given, model, config, item.io, item.entry_point)
        except ContextLengthError as error:
            return Prediction(reason=str(error))

    return await gather(one(item) for item in items)


async def evaluate(items: Sequence[Item], model: Model, config: PipelineConfig, samples: int = 0) -> dict[str, Any]:
    """Accuracy with its interval, by origin and i/o, beside two baselines that do not look at the program.

    With `samples`, that many sampled runs of each item besides: @k without bias, and what their majority says.
    """
    begun = time.monotonic()
    made = await predictions(items, model, config)
    seconds = time.monotonic() - begun
    hits = [right(p, item) for p, item in zip(made, items, strict=True)]
    outputs = Counter(item.output for item in items if item.output is not None)
    common = max(outputs, key=outputs.__getitem__, default="")
    groups: dict[str, list[float]] = {}
    for hit, item in zip(hits, items, strict=True):
        for group in {item.io, item.origin, _end(item)} - {""}:
            groups.setdefault(group, []).append(hit)
    pairs = [(p.confidence, hit) for p, hit in zip(made, hits, strict=True)]
    single = [[pair] for pair in pairs]
    return {
        "accuracy": estimate(hits),
        "echo the input": estimate([_same(item.given, item) for item in items]),
        "most common output": estimate([_same(common, item) for item in items]),
        "by group": {name: estimate(values) for name, values in sorted(groups.items())},
        **breakdown([(item.code, p.narrative, hit) for p, hit, item in zip(made, hits, items, strict=True)]),
        "truncated": sum(p.truncated for p in made),
        "unreadable": sum(p.finishes is None for p in made),
        "tokens per prediction": sum(p.usage.completion_tokens for p in made) / max(1, len(made)),
        "cost": cost(sum((p.usage for p in made), Usage()), seconds, len(made)),
        "ece": expected_calibration_error(single),
        "brier": brier(single),
        "reliability": reliability(pairs),
        **(await _sampled(items, model, config, samples) if samples else {}),
        "items": [
            {
                "id": item.id, "right": hit, "confidence": p.confidence,
                "output": p.output, "raises": p.raises, "expected": item.output or item.raises,
                "narrative": p.narrative,
            }
            for p, hit, item in zip(made, hits, items, strict=True)
        ],
    }  # fmt: skip


def _end(item: Item) -> str:
    return "ends in an exception" if item.raises else "" if item.finishes else "does not end"


async def _sampled(items: Sequence[Item], model: Model, config: PipelineConfig, n: int) -> dict[str, Any]:
    """Figures of `n` sampled runs for each item."""
    drawn = replace(config, votes=n)

    async def one(item: Item) -> list[Prediction]:
        try:
            made = await sampled(item.code, item.given, model, drawn, item.io, item.entry_point)
        except ContextLengthError as error:
            return [Prediction(reason=str(error))] * n
        return [parse.prediction(completion, model.style) for completion in made]

    ballots = await gather(one(item) for item in items)
    correct = [sum(right(p, item) for p in own) for own, item in zip(ballots, items, strict=True)]
    voted = [right(majority(own, item.io), item) for own, item in zip(ballots, items, strict=True)]
    return {
        "samples": n,
        "sampled": {f"@{k}": estimate([pass_at(k, c, n) for c in correct]) for k in (1, 5, 10) if k <= n},
        f"majority of {n}": estimate(voted),
    }


async def calibration(items: Sequence[Item], model: Model, config: PipelineConfig) -> tuple[calibrate.Bin, ...]:
    """A calibration table from these items; the model must have none yet, so that confidences are raw."""
    made = await predictions(items, model, config)
    pairs = [(p.confidence, right(p, item)) for p, item in zip(made, items, strict=True) if p.finishes is not None]
    return calibrate.fit(pairs)


def _same(output: str, item: Item) -> bool:
    return item.output is not None and compare.matches(output, item.output, item.io)
