"""How probable a model finds given answers: one forward pass tells what sampling would take many runs to show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import torch
from torch.nn.functional import cross_entropy

BATCH_TOKENS = 4096
"""Tokens of one forward pass, padding included."""
Pair: TypeAlias = tuple[list[int], list[int]]
"""Ids of a prompt and of an answer, its end token included."""


def probabilities(pairs: Sequence[Pair], model: Any, temperature: float = 1.0) -> list[float]:
    """Of each pair the probability that sampling at `temperature` after the prompt writes just this answer.

    `model` is a causal language model of transformers.
    """
    lengths = [len(prompt) + len(answer) for prompt, answer in pairs]
    out = [0.0] * len(pairs)
    for batch in _batches(lengths):
        for n, logp in zip(batch, _log_probabilities([pairs[n] for n in batch], model, temperature), strict=True):
            out[n] = math.exp(logp)
    return out


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Numbers of the pairs by length, so many in a batch that it has at most BATCH_TOKENS when padded."""
    out: list[list[int]] = []
    for n in sorted(range(len(lengths)), key=lengths.__getitem__):
        if out and (len(out[-1]) + 1) * lengths[n] <= BATCH_TOKENS:
            out[-1].append(n)
        else:
            out.append([n])
    return out


@torch.no_grad()
def _log_probabilities(pairs: Sequence[Pair], model: Any, temperature: float) -> list[float]:
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
