"""Output prediction: how often the predicted outcome of a program is what it does, greedy and in a sampled run.

`true narrative` is the probability that a sampled run is told just as it is, computed and not sampled: it moves where
accuracies of a few hundred items are too coarse to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from models.ablate import items
from models.ablate.given import Given
from models.ablate.results import Figures
from models.eval.predicting import Item, frozen_items, predictions, right
from models.rl.tokens import answer, encode
from workers.pipeline import parse
from workers.pipeline.errors import ContextLengthError
from workers.pipeline.gather import gather
from workers.pipeline.manifest import read_manifest
from workers.pipeline.model import Model
from workers.pipeline.predict import sampled
from workers.pipeline.prompts import tagged
from workers.pipeline.types import Prediction


async def programs(given: Given) -> dict[str, Figures]:
    """Accuracy on correct, incorrect, random and raising programs; sampled runs are drawn at temperature 1."""
    lines = items.read(given.items)
    found = frozen_items(lines)
    out: Figures = {}
    async with given.judge() as model:
        for item, prediction in zip(found, await predictions(found, model, given.config()), strict=True):
            _put(out, item, "greedy", float(right(prediction, item)), 1)
            _put(out, item, "tokens", prediction.usage.completion_tokens, 1)
            _put(out, item, "unreadable", float(prediction.finishes is None), 1)
        with given.together(model, given.checkpoints[-1], given.sizes.samples) as sampling:
            for item, made in zip(found, await _sampled(found, sampling, given), strict=True):
                _put(out, item, "sampled", sum(right(prediction, item) for prediction in made), len(made))
    style = read_manifest(given.checkpoints[-1]).narrative_style
    if told := [line["told"][style] for line in lines if style in line["told"]]:
        for item, value in zip(found, await asyncio.to_thread(_likely, found, told, given), strict=True):
            _put(out, item, "true narrative", value, 1)
    return {"": out}


def _likely(found: Sequence[Item], told: Sequence[str], given: Given) -> list[float]:
    from transformers import AutoModelForCausalLM, AutoTokenizer  # seconds of import that other measurements save

    from models.training.likelihood import probabilities

    tokenizer = AutoTokenizer.from_pretrained(given.checkpoints[-1], local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(given.checkpoints[-1], local_files_only=True, dtype="float32")
    prompts = [encode(tokenizer, tagged.predict(item.code, item.given, item.io, item.entry_point)) for item in found]
    answers = [answer(tokenizer, text) for text in told]
    return probabilities(list(zip(prompts, answers, strict=True)), model)


def _put(out: Figures, item: Item, figure: str, value: float, count: float) -> None:
    """A value of an item goes to the figure of its group and to that of all."""
    for group in (item.origin, "all"):
        out.setdefault(f"{group}, {figure}", {})[item.id] = (value, count)


async def _sampled(found: Sequence[Item], model: Model, given: Given) -> list[list[Prediction]]:
    drawn = replace(given.config(), votes=given.sizes.samples, vote_temperature=1.0, top_p=1.0)

    async def one(item: Item) -> list[Prediction]:
        try:
            made = await sampled(item.code, item.given, model, drawn, item.io, item.entry_point)
        except ContextLengthError as error:
            return [Prediction(reason=str(error))] * drawn.votes
        return [parse.prediction(completion, model.style) for completion in made]

    return await gather(one(item) for item in found)
