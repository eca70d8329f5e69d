"""Starting from a checkpoint: the same weights, embeddings found by token, and refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from models.config import ModelConfig
from models.pretrain import model as models_
from models.pretrain.warm import EMBEDDING, warm
from workers.pipeline.errors import InputError

SMALL = ModelConfig(hidden=32, layers=1, heads=1, intermediate=64, context=64)


def checkpoint(folder: Path, tokens: list[str], config: ModelConfig = SMALL) -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    made = models_.create(config, 64)
    weights = {name: value for name, value in made.state_dict().items() if name != "lm_head.weight"}
    save_file({name: value.numpy().astype(np.float16) for name, value in weights.items()}, folder / "model.safetensors")
    vocab = {token: number for number, token in enumerate(tokens)}
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocab}}))
    size = {"num_attention_heads": config.heads, "num_hidden_layers": config.layers}
    (folder / "config.json").write_text(json.dumps(size))
    return {name: value.half().float() for name, value in weights.items()}


def test_weights_are_taken_over_and_embeddings_follow_their_tokens(tmp_path: Path) -> None:
    old = checkpoint(tmp_path, ["a", "b", "c"])
    torch.manual_seed(4)
    fresh = models_.create(SMALL, 128)
    start = fresh.get_input_embeddings().weight.detach().clone()
    warm(fresh, {"c": 0, "new": 1, "a": 2}, tmp_path)
    rows = fresh.get_input_embeddings().weight
    assert torch.equal(rows[0], old[EMBEDDING][2]) and torch.equal(rows[2], old[EMBEDDING][0])
    assert torch.equal(rows[1], start[1])
    assert torch.equal(fresh.lm_head.weight, rows)  # still tied
    state = fresh.state_dict()
    assert all(torch.equal(state[name], value) for name, value in old.items() if name != EMBEDDING)


def test_fewer_heads_of_keys_and_values_start_as_the_means_of_those_they_stand_for(tmp_path: Path) -> None:
    config = replace(SMALL, heads=4)
    old = checkpoint(tmp_path, ["a"], config)
    grouped = models_.create(replace(config, kv_heads=2), 64)
    warm(grouped, {"a": 0}, tmp_path)
    state = grouped.state_dict()
    for part in ("k", "v"):
        name = f"model.layers.0.self_attn.{part}_proj.weight"
        first, second, third, fourth = old[name].split(8)
        assert torch.allclose(state[name], torch.cat([(first + second) / 2, (third + fourth) / 2]))
    name = "model.layers.0.self_attn.q_proj.weight"
    assert torch.equal(state[name], old[name])


def test_heads_that_are_alike_lose_nothing_by_being_put_together(tmp_path: Path) -> None:
    config = replace(SMALL, heads=4)
    old = checkpoint(tmp_path, ["a"], config)
    for name in old:
        if name.endswith(("k_proj.weight", "v_proj.weight")):
            old[name] = old[name][:8].repeat(4, 1)
    save_file({name: value.numpy() for name, value in old.items()}, tmp_path / "model.safetensors")
    whole, grouped = (models_.create(replace(config, kv_heads=heads), 64) for heads in (0, 1))
    for model in (whole, grouped):
        warm(model, {"a": 0}, tmp_path)
        model.get_input_embeddings().weight.data.copy_(old[EMBEDDING])
    ids = torch.arange(20)[None]
    assert torch.allclose(whole(ids).logits, grouped(ids).logits, atol=1e-5)


@pytest.mark.parametrize(("old", "new"), [(1, 2), (2, 3), (2, 5), (3, 4)])
def test_more_layers_than_it_had_change_nothing_at_first(tmp_path: Path, old: int, new: int) -> None:
    weights = checkpoint(tmp_path, ["a"], replace(SMALL, layers=old))
    less, more = (models_.create(replace(SMALL, layers=layers), 64) for layers in (old, new))
    for model in (less, more):
        warm(model, {"a": 0}, tmp_path)
        model.get_input_embeddings().weight.data.copy_(weights[EMBEDDING])
    ids = torch.arange(20)[None]
    assert torch.allclose(less(ids).logits, more(ids).logits, atol=1e-5)
    more(ids, labels=ids).loss.backward()  # and every new layer learns
    for layer in more.model.layers:
        assert layer.mlp.down_proj.weight.grad.norm() > 0 and layer.self_attn.o_proj.weight.grad.norm() > 0


def test_no_checkpoint_or_another_size_is_refused(tmp_path: Path) -> None:
    fresh = models_.create(SMALL, 64)
    with pytest.raises(InputError, match="not a checkpoint"):
        warm(fresh, {"a": 0}, tmp_path / "missing")
    checkpoint(tmp_path, ["a"])
    with pytest.raises(InputError, match="another size"):
        warm(models_.create(ModelConfig(32, 1, 1, 96, 64), 64), {"a": 0}, tmp_path)
    checkpoint(tmp_path, ["a"], replace(SMALL, layers=2))
    with pytest.raises(InputError, match="another architecture"):  # fewer layers are another model
        warm(fresh, {"a": 0}, tmp_path)
    checkpoint(tmp_path, ["a"], replace(SMALL, heads=2))
    with pytest.raises(InputError, match="another size: 2 heads"):  # not the means of unlike heads
        warm(models_.create(replace(SMALL, heads=4, kv_heads=2), 64), {"a": 0}, tmp_path)


def cut(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-9])


def without_embeddings(folder: Path) -> None:
    save_file({"model.norm.weight": np.zeros(32, dtype=np.float16)}, folder / "model.safetensors")


def without_its_last_layer(folder: Path) -> None:
    (folder / "config.json").write_text('{"num_attention_heads": 1, "num_hidden_layers": 2}')


def no_config(folder: Path) -> None:
    (folder / "config.json").write_text("[")


def no_vocabulary(folder: Path) -> None:
    (folder / "tokenizer.json").write_text('{"model": [')


@pytest.mark.parametrize(
    ("do", "message"),
    [
        (cut, r"model\.safetensors is damaged"),
        (without_embeddings, r"model\.safetensors is damaged: 'model\.embed_tokens\.weight'"),
        (no_vocabulary, r"tokenizer\.json is damaged"),
        (without_its_last_layer, r"model\.safetensors is damaged: it has not the 2 layers"),
        (no_config, r"config\.json is damaged"),
    ],
)
def test_damaged_weights_to_start_from_are_one_clear_error(tmp_path: Path, do: Any, message: str) -> None:
    checkpoint(tmp_path, ["a"])
    do(tmp_path)
    with pytest.raises(InputError, match=message) as caught:
        warm(models_.create(SMALL, 64), {"a": 0}, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_vocabulary_that_its_weights_have_no_rows_for_is_refused(tmp_path: Path) -> None:
    checkpoint(tmp_path, [str(n) for n in range(65)])
    with pytest.raises(InputError, match="another size"):
        warm(models_.create(SMALL, 64), {"64": 0}, tmp_path)
