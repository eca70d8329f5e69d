"""Models trained from scratch that tell different things before an outcome: their items, and what is measured on those.

Items are of the mix that the models are trained on, and none of them has the prompt of a training record.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
from tokenizers import Tokenizer

from models.ablate import items
from models.ablate.given import Given
from models.ablate.results import Figures
from models.ablate.sizes import Sizes
from models.config import DatasetConfig
from models.dataset import freeze, records
from models.dataset.keys import program_key
from models.dataset.records import Dropped
from models.eval.predicting import Item, frozen_items, predictions, right
from workers.pipeline.prompts import tagged
from workers.pipeline.types import Io, Prediction

SHORT = frozenset({"drill", "probe"})
"""Origins of programs that are one expression, or a few statements on end."""


def expressions(sizes: Sizes, config: DatasetConfig, data: Sequence[Path]) -> items.Rows:
    """Programs in the form of the frozen set `predict` that are in none of the folders `data` of token shards."""
    rng, forbidden = Random(f"{items.SEED}:expressions"), freeze.keys()
    taken = {prompt for folder in data for prompt in prompts(folder)}
    out: items.Rows = []
    while len(out) < sizes.expressions:
        try:
            program = records.draw_program(config, rng)
            seen = items.seen(program)
        except Dropped:
            continue
        io: Io = "stdio" if program.io == "stdio" else "function"
        prompt = tagged.predict(program.code, program.given, io).text
        if prompt not in taken and program_key(program.code) not in forbidden and items.short(program, seen):
            taken.add(prompt or "")
            out.append(freeze.row(f"{program.origin}-{len(out)}", program, seen))
    return out


def prompts(folder: Path) -> set[str]:
    """The prompts of all records of a folder of token shards."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    found: set[str] = set()
    for path in sorted(folder.glob("shard-*.npz")):
        with np.load(path) as shard:
            ids, spans = shard["ids"], shard["spans"]
        starts = np.concatenate([[0], np.cumsum(spans[:, 1])[:-1]])
        own = [ids[start : start + length].tolist() for start, length in zip(starts, spans[:, 0], strict=True)]
        found |= set(tokenizer.decode_batch(own, skip_special_tokens=False))
    return found


async def told(given: Given) -> dict[str, Figures]:
    """Greedy accuracy, and how many tokens a prediction takes."""
    found = frozen_items(items.read(given.items))
    async with given.judge() as model:
        return {"": figures(found, await predictions(found, model, given.config()))}


def figures(found: Sequence[Item], predicted: Sequence[Prediction]) -> Figures:
    """Of all programs, and how many are right of the short ones and of the others."""
    out: Figures = {}
    for item, prediction in zip(found, predicted, strict=True):
        kind = "short" if item.origin in SHORT else "longer"
        values = {
            "right": right(prediction, item), f"right, {kind}": right(prediction, item),
            "unreadable": prediction.finishes is None, "tokens": prediction.usage.completion_tokens,
        }  # fmt: skip
        for figure, value in values.items():
            out.setdefault(figure, {})[item.id] = (float(value), 1)
    return out
