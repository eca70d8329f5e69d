"""GRPO in miniature through TRL, on CPU, no vLLM."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl", reason="the trainer's environment")

import torch
from transformers import AutoTokenizer
from trl import GRPOTrainer

from models.rl import record
from models.rl.learner import by_length
from models.rl.rollout import Written
from models.rl.tokens import encode, speaks
from tests.models.rl import miniature
from tests.models.rl.played import DOUBLE
from workers.pipeline.prompts import chat, tagged
from workers.pipeline.types import FinishReason


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return miniature.checkpoint(tmp_path_factory.mktemp("rl") / "tiny")


def test_the_private_names_of_trl_have_the_signatures_that_are_counted_on() -> None:
    def names(method: Any) -> list[str]:
        return list(inspect.signature(method).parameters)

    assert names(GRPOTrainer._generate_single_turn)[:5] == [
        "self", "prompt_ids", "images", "multimodal_fields", "num_generations",
    ]  # fmt: skip
    assert names(GRPOTrainer._compute_loss) == ["self", "model", "inputs"]
    assert names(GRPOTrainer._get_per_token_logps_and_entropies)[:7] == [
        "self", "model", "input_ids", "attention_mask", "logits_to_keep", "batch_size", "compute_entropy",
    ]  # fmt: skip
    source = inspect.getsource(GRPOTrainer)
    assert 'completion_mask if "tool_mask" not in inputs else completion_mask * inputs["tool_mask"]' in source
    assert 'extra_fields.pop("env_mask", None)' in source


@pytest.mark.parametrize("punish", [True, False])
def test_gradient_reaches_answers_alone_and_groups_without_spread_are_counted(
    folder: Path, tmp_path: Path, punish: bool
) -> None:
    config = replace(miniature.CONFIG, train=replace(miniature.TRAIN, punish=punish))
    learner, facts = miniature.learner(folder, tmp_path, ["0", "1"], config)
    before = {name: value.clone() for name, value in learner.model.state_dict().items()}
    seen: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
    real = learner._compute_loss

    def compute(model: Any, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        own = type(learner)._get_per_token_logps_and_entropies

        def spy(self: Any, *args: Any, **options: Any) -> Any:
            found = own(self, *args, **options)
            mask = inputs["completion_mask"] * inputs["tool_mask"]
            found[0].register_hook(lambda grad: seen.append((grad, mask, inputs["advantages"])))
            return found

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(learner), "_get_per_token_logps_and_entropies", spy)
            return real(model, inputs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learner, "_compute_loss", compute)
        learner.train()
    assert len(seen) == 2
    for grad, mask, advantages in seen:
        assert bool(mask.any())
        assert not bool(mask.all())  # there is feedback, and there are rows of the group without spread
        assert torch.equal(grad != 0, mask.bool() & (advantages != 0).unsqueeze(1))
        assert bool((advantages[mask.bool().any(1)] < 0).any()) is punish
    (predict, repair) = record.lines(facts, 4)
    assert (predict["task"], predict["groups"], predict["skipped"]) == ("predict", 2, 2)
    assert (repair["task"], repair["groups"], repair["skipped"], repair["turns"]) == ("repair", 2, 0, 1.25)
    assert any(not torch.equal(value, before[name]) for name, value in learner.model.state_dict().items())


def test_where_no_group_has_spread_nothing_is_learned(folder: Path, tmp_path: Path) -> None:
    learner, facts = miniature.learner(folder, tmp_path, ["0", "0"])
    before = {name: value.clone() for name, value in learner.model.state_dict().items()}
    learner.train()
    assert all(torch.equal(value, before[name]) for name, value in learner.model.state_dict().items())
    assert not any(fact.learned for fact in facts)


def test_each_turn_has_the_log_probabilities_of_its_own_context(folder: Path, tmp_path: Path) -> None:
    learner, _ = miniature.learner(folder, tmp_path, ["0", "1"])
    model = learner.model.eval()
    torch.manual_seed(1)
    prompts, answers = torch.randint(20, 400, (2, 9)), torch.randint(20, 400, (2, 5))
    other = torch.randint(20, 400, (1, 14))
    row = torch.cat([prompts[0], answers[0], prompts[1], answers[1]])[None]  # one row of two turns
    second = torch.cat([torch.zeros(1, 4, dtype=torch.long), other, torch.zeros(1, 10, dtype=torch.long)], 1)
    ids = torch.cat([row, second])  # (2, 28), the second padded on both sides
    attention = torch.ones_like(ids)
    attention[1, :4] = attention[1, 18:] = 0
    learner._masks = [[1] * 5 + [0] * 9 + [1] * 5, [1] * 9 + [0] * 10]

    def alone(prompt: torch.Tensor, answer: torch.Tensor) -> torch.Tensor:
        text = torch.cat([prompt, answer])[None]
        logits = model(text).logits.log_softmax(-1)[0, len(prompt) - 1 : -1]
        return logits.gather(1, answer[:, None])[:, 0]

    with torch.no_grad():
        found = learner._get_per_token_logps_and_entropies(model, ids, attention, 19, compute_entropy=True)
        logps, entropies, _ = found
        assert torch.allclose(logps[0, :5], alone(prompts[0], answers[0]), atol=1e-5)
        assert torch.allclose(logps[0, 14:], alone(prompts[1], answers[1]), atol=1e-5)
        assert torch.allclose(logps[1, :9], alone(other[0, :5], other[0, 5:]), atol=1e-5)
        assert not logps[0, 5:14].any()
        assert entropies is not None
        assert bool((entropies[0, :5] > 0).all())
        learner._masks = [[1] * 19, [1] * 9 + [0] * 10]  # as one text: another context, other log-probabilities
        joined, *_ = learner._get_per_token_logps_and_entropies(model, ids, attention, 19)
    assert not torch.allclose(joined[0, 14:], logps[0, 14:], atol=1e-3)


def test_answers_are_read_as_serving_reads_them(folder: Path, tmp_path: Path) -> None:
    from models.rl.learner import _Policy

    learner, _ = miniature.learner(folder, tmp_path, ["0", "1"])
    policy = _Policy(learner, "tagged")
    ids = encode(learner.processing_class, tagged.predict("x = 1", "2"))
    assert learner.processing_class.decode(ids) == "<|predict|><|code|>x = 1<|input|>2<|trace|>"
    end = learner.processing_class.eos_token_id
    assert policy.read(Written([*ids, end])).text == "<|predict|><|code|>x = 1<|input|>2<|trace|>"
    assert policy.read(Written([*ids, end])).finish is FinishReason.STOP
    assert policy.read(Written(ids)).finish is FinishReason.LENGTH
    assert policy.read(Written([])).finish is FinishReason.LENGTH
    assert policy.waiting(2)
    assert [bool(written.ids) for written in policy.generate([ids, ids[:5]])] == [True, True]
    policy.waiting(3)  # another process has three: this one fills up
    assert len(policy.generate([ids])) == 1
    assert not policy.waiting(0)


def test_a_tokenizer_must_carry_the_style(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert speaks(tokenizer, "tagged") is None
    assert speaks(tokenizer, "chat") is None
    assert encode(tokenizer, chat.solve(DOUBLE))
    tokenizer.chat_template = None
    assert speaks(tokenizer, "chat") == "it has no chat template"
    tokenizer.eos_token = tagged.PAD
    assert speaks(tokenizer, "tagged") == "its end token is not <|end|>"


def test_turns_are_cut_by_length_into_parts_and_none_is_lost() -> None:
    attention = torch.tensor([[0, 0, 1, 1] + [1] * 9, [1] * 13, [0, 1, 1, 1] + [1] * 9])
    places = [(0, 0, 0, 9), (1, 0, 0, 2), (1, 2, 5, 9), (2, 0, 0, 1)]  # lengths 11, 6, 7, 4
    assert by_length(places, attention, 9, 2) == [[places[3], places[1]], [places[2], places[0]]]
    assert by_length(places, attention, 9, 1) == [[places[3], places[1], places[2], places[0]]]
    assert by_length(places[:1], attention, 9, 4) == [places[:1]]
