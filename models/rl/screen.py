"""Which predict rows are worth a group of episodes: those whose true narrative the parent gives a middling probability.

A row that is always or never right has no spread of rewards and teaches nothing, but sampling it costs the same. One
forward pass tells the probability of the true narrative, which is at most that of a right answer: a twentieth of what
sampling costs. Difficulty filtering as in DAPO (Yu et al. 2025, section 3.2), before the run and without samples.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from models.dataset import folder
from models.rl.config import RlConfig
from models.rl.pool import Entry
from models.rl.predict import PredictEpisode
from models.rl.rows import PredictRow
from models.rl.tokens import encode
from workers.pipeline.errors import InputError

BATCH_TOKENS = 4096
"""Tokens of one forward pass, padding included."""


def screen(config: RlConfig, entries: Sequence[Entry], path: Path, model: Any, tokenizer: Any) -> list[Entry]:
    """The rows that are kept, in order; those of other tasks all are. Probabilities are kept at `path`, a JSON list.

    Raises InputError where none is kept.
    """
    low, high = config.pool.low, config.pool.high
    if low <= 0 and high >= 1:
        return list(entries)
    found = [row for _, row in entries if isinstance(row, PredictRow)]
    if not path.exists():
        folder.write_text(path, json.dumps(chances(config, found, model, tokenizer)))
    own = iter(json.loads(path.read_text(encoding="utf-8")))
    kept = [entry for entry in entries if not isinstance(entry[1], PredictRow) or low <= next(own) <= high]
    if not any(isinstance(row, PredictRow) for _, row in kept):
        raise InputError(f"no predict row has a probability between {low} and {high}")
    print(f"{len(found) - len(entries) + len(kept)} of {len(found)} predict rows have a middling probability")
    return kept


def chances(config: RlConfig, rows: Sequence[PredictRow], model: Any, tokenizer: Any) -> list[float]:
    """Each row's probability that sampling at the run's temperature writes its true narrative, token by token.

    0 where the prompt or the narrative is longer than it may be.
    """
    style: Any = config.style
    prompts = [encode(tokenizer, PredictEpisode(row, style).start().prompts[0]) for row in rows]
    answers = [_answer(row.told, tokenizer) for row in rows]
    out = [0.0] * len(rows)
    lengths = [len(p) + len(a) for p, a in zip(prompts, answers, strict=True)]
    t = config.train
    fit = [n for n in range(len(rows)) if len(prompts[n]) <= t.prompt_tokens and len(answers[n]) <= t.new_tokens]
    for batch in _batches(sorted(fit, key=lengths.__getitem__), lengths):
        pairs = [(prompts[n], answers[n]) for n in batch]
        for n, logp in zip(batch, _log_probabilities(pairs, model, t.temperature), strict=True):
            out[n] = math.exp(logp)
    return out


def _answer(told: str, tokenizer: Any) -> list[int]:
    ids = list(tokenizer(told, add_special_tokens=False, verbose=False)["input_ids"])  # too long is no surprise
    return ids if ids[-1] == tokenizer.eos_token_id else [*ids, tokenizer.eos_token_id]


def _batches(order: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """Neighbours of an order by length, so many that the padded batch has at most BATCH_TOKENS."""
    out: list[list[int]] = []
    for n in order:
        if out and (len(out[-1]) + 1) * lengths[n] <= BATCH_TOKENS:
            out[-1].append(n)
        else:
            out.append([n])
    return out


@torch.no_grad()
def _log_probabilities(pairs: Sequence[tuple[list[int], list[int]]], model: Any, temperature: float) -> list[float]:
    """Of each answer under its prompt, summed over its tokens."""
    width = max(len(prompt) + len(answer) for prompt, answer in pairs)
    ids = torch.zeros(len(pairs), width, dtype=torch.long)
    wanted = torch.full((len(pairs), width), -100)  # what cross_entropy leaves out
    for row, (prompt, answer) in enumerate(pairs):
        whole = torch.tensor(prompt + answer)
        ids[row, : len(whole)] = whole  # padded right: under a causal mask no padding is seen
        wanted[row, len(prompt) : len(whole)] = whole[len(prompt) :]
    logits = model(input_ids=ids.to(model.device)).logits[:, :-1].float() / temperature
    loss = cross_entropy(logits.transpose(1, 2), wanted[:, 1:].to(model.device), reduction="none")
    return [-value for value in loss.sum(1).tolist()]
