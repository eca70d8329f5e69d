from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from models.training import likelihood
from models.training.likelihood import probabilities
from tests.models.rl.miniature import checkpoint

PAIRS = [([20, 31, 7], [45, 9]), ([50], [60, 70, 80, 90, 100, 110, 9]), ([20, 31, 7, 8, 9], [45])]
"""Of other lengths: padding must not count."""


@pytest.mark.parametrize(("temperature", "batch"), [(1.0, 4096), (2.0, 4096), (1.0, 1), (1.0, 12)])
def test_a_probability_is_the_product_over_the_tokens_of_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, temperature: float, batch: int
) -> None:
    model = AutoModelForCausalLM.from_pretrained(checkpoint(tmp_path / "tiny"))
    want = []
    for prompt, answer in PAIRS:
        ids, logp = list(prompt), 0.0
        for token in answer:
            logits = model(input_ids=torch.tensor([ids])).logits[0, -1]
            logp += torch.log_softmax(logits / temperature, 0)[token].item()
            ids.append(token)
        want.append(math.exp(logp))
    monkeypatch.setattr(likelihood, "BATCH_TOKENS", batch)
    assert probabilities(PAIRS, model, temperature) == pytest.approx(want, rel=1e-3)


def test_of_nothing_there_is_nothing() -> None:
    assert probabilities([], None) == []
