"""Output prediction: how often the predicted outcome of a program is what it does, greedy and in one sampled run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.ablate import items
from models.ablate.given import Given
from models.ablate.results import Figures
from models.eval.predicting import Item, frozen_items, predictions, right
from workers.pipeline import parse
from workers.pipeline.errors import ContextLengthError
from workers.pipeline.gather import gather
from workers.pipeline.model import Model
from workers.pipeline.predict import runs
from workers.pipeline.types import Prediction


async def programs(given: Given) -> dict[str, Figures]:
    """Accuracy on correct, incorrect, random and raising programs; sampled runs are drawn at temperature 1."""
    found = frozen_items(items.read(given.items))
    out: Figures = {}
    async with given.judge() as model:
        for item, prediction in zip(found, await predictions(found, model, given.config()), strict=True):
            _put(out, item, "greedy", float(right(prediction, item)), 1)
            _put(out, item, "tokens", prediction.usage.completion_tokens, 1)
            _put(out, item, "unreadable", float(prediction.finishes is None), 1)
        with given.together(model, given.checkpoints[-1], given.sizes.samples) as sampling:
            for item, made in zip(found, await _sampled(found, sampling, given), strict=True):
                _put(out, item, "sampled", sum(right(prediction, item) for prediction in made), len(made))
    return {"": out}


def _put(out: Figures, item: Item, figure: str, value: float, count: float) -> None:
    """A value of an item goes to the figure of its group and to that of all."""
    for group in (item.origin, "all"):
        out.setdefault(f"{group}, {figure}", {})[item.id] = (value, count)


async def _sampled(found: Sequence[Item], model: Model, given: Given) -> list[list[Prediction]]:
    drawn = replace(given.config(), votes=given.sizes.samples, vote_temperature=1.0, top_p=1.0)

    async def one(item: Item) -> list[Prediction]:
        try:
            made = await runs(item.code, item.given, model, drawn, item.io, item.entry_point, greedy=False)
        except ContextLengthError as error:
            return [Prediction(reason=str(error))] * drawn.votes
        return [parse.prediction(completion, model.style) for completion in made]

    return await gather(one(item) for item in found)
