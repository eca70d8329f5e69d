"""Answers by CTranslate2: those of the weights under training, whatever has become of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl", reason="the trainer's environment")

import torch

from models.rl.embedded import Embedded
from tests.models.rl import miniature
from workers.pipeline.prompts import tagged

PROMPTS = [tagged.predict(f"def f(x):\n    return x * {n}", "[1, 2]").text or "" for n in range(5)]


@pytest.fixture
def learner(tmp_path: Path) -> Any:
    return miniature.learner(miniature.checkpoint(tmp_path / "tiny"), tmp_path / "out", ["0", "1"])[0]


def sampler(temperature: float = 1.0, seed: int = 1) -> Embedded:
    train = dataclasses.replace(miniature.TRAIN, temperature=temperature, new_tokens=12)
    return Embedded(dataclasses.replace(miniature.CONFIG, train=train, seed=seed))


def ids(learner: Any) -> list[list[int]]:
    return [learner.processing_class(text, add_special_tokens=False)["input_ids"] for text in PROMPTS]


def greedy(learner: Any, prompt: list[int]) -> list[int]:
    """What transformers continues it with."""
    with torch.no_grad():
        out = learner.model.generate(torch.tensor([prompt]), max_new_tokens=12, do_sample=False)
    return list(out[0, len(prompt) :].tolist())


def test_with_next_to_no_temperature_it_writes_what_transformers_finds_likeliest(learner: Any) -> None:
    assert sampler(temperature=1e-4).generate(learner, ids(learner)) == [greedy(learner, p) for p in ids(learner)]


def test_it_follows_the_weights_from_step_to_step(learner: Any) -> None:
    embedded = sampler(temperature=1e-4)
    before = embedded.generate(learner, ids(learner))
    with torch.no_grad():
        for weight in learner.model.parameters():
            weight.copy_(torch.randn_like(weight) * 0.2)
    assert embedded.generate(learner, ids(learner)) == before  # within a step the weights stand still
    learner.state.global_step += 1
    after = embedded.generate(learner, ids(learner))
    assert after != before
    assert after == [greedy(learner, p) for p in ids(learner)]


def test_a_seed_gives_the_same_answers_again_and_another_seed_others(learner: Any) -> None:
    prompts = ids(learner)
    first, again, other = (sampler(seed=seed).generate(learner, prompts) for seed in (1, 1, 2))
    assert first == again != other


def test_an_answer_ends_with_its_end_token_or_at_the_limit(learner: Any) -> None:
    for answer in sampler().generate(learner, ids(learner) * 10):
        ends = [token in learner.eos_token_ids for token in answer]
        assert not any(ends[:-1])
        assert ends[-1] or len(answer) == 12


def test_nothing_asked_nothing_answered(learner: Any) -> None:
    assert sampler().generate(learner, []) == []
