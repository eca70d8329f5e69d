"""Which predict rows are worth a group of episodes: those whose true narrative the parent gives a middling probability.

A row that is always or never right has no spread of rewards and teaches nothing, but sampling it costs the same. One
forward pass tells the probability of the true narrative, which is at most that of a right answer. Difficulty filtering
as in DAPO (Yu et al. 2025, section 3.2), before the run and without samples.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.dataset import folder
from models.rl.config import RlConfig, screened
from models.rl.pool import Entry
from models.rl.predict import PredictEpisode
from models.rl.rows import PredictRow
from models.rl.tokens import answer, encode
from models.training.likelihood import probabilities
from workers.pipeline.errors import InputError


def screen(config: RlConfig, entries: Sequence[Entry], path: Path, model: Any, tokenizer: Any) -> list[Entry]:
    """The rows that are kept, in order; those of other tasks all are. Probabilities are kept at `path`, a JSON list.

    Raises InputError where none is kept, and for probabilities of other rows.
    """
    if not screened(config):
        return list(entries)
    low, high = config.pool.low, config.pool.high
    found = [row for _, row in entries if isinstance(row, PredictRow)]
    if not path.exists():
        folder.write_text(path, json.dumps(chances(config, found, model, tokenizer)))
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise InputError(f"{path} is damaged: take it away") from None
    if len(values) != len(found):
        raise InputError(f"{path} is of other rows: take it away")
    own = iter(values)
    kept = [entry for entry in entries if not isinstance(entry[1], PredictRow) or low <= next(own) <= high]
    count = len(found) - len(entries) + len(kept)
    if found and not count:
        raise InputError(f"no predict row has a probability between {low} and {high}")
    print(f"{count} of {len(found)} predict rows have a middling probability")
    return kept


def chances(config: RlConfig, rows: Sequence[PredictRow], model: Any, tokenizer: Any) -> list[float]:
    """Each row's probability that sampling at the run's temperature writes its true narrative, token by token.

    0 where the prompt or the narrative is longer than it may be.
    """
    style: Any = config.style
    prompts = [encode(tokenizer, PredictEpisode(row, style).start().prompts[0]) for row in rows]
    pairs = list(zip(prompts, [answer(tokenizer, row.told) for row in rows], strict=True))
    t = config.train
    fit = [n for n, (prompt, told) in enumerate(pairs) if len(prompt) <= t.prompt_tokens and len(told) <= t.new_tokens]
    out = [0.0] * len(rows)
    for n, value in zip(fit, probabilities([pairs[n] for n in fit], model, t.temperature), strict=True):
        out[n] = value
    return out
