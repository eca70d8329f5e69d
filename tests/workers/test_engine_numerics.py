"""The CTranslate2 form computes what the checkpoint says: compared with a plain numpy Llama in float32.

Rotary positions, tied embeddings and grouped heads are where such conversions go wrong silently.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tiny import CONTEXT, HEAD_DIM, HEADS, HIDDEN, tiny_config, tiny_tokenizer, tiny_weights
from workers.ct2 import convert
from workers.decoding import Decoder, Decoding, Row
from workers.pipeline.prompts.tagged import END

END_ID = tiny_tokenizer().get_vocab()[END]
Array = NDArray[np.float32]
PROMPTS = ((5, 9, 31, 7), (270, 3), (100,), tuple(range(40, 90)))


def reference_logprobs(config: Mapping[str, Any], weights: Mapping[str, Array], tokens: list[int]) -> Array:
    """Log-probabilities of the next token at each position, (T, V). Llama as in arXiv 2302.13971."""
    heads, dim = config["num_attention_heads"], config["head_dim"]
    shared = heads // config["num_key_value_heads"]
    count = len(tokens)
    angles = np.outer(np.arange(count), config["rope_theta"] ** (-np.arange(0, dim, 2) / dim))  # (T, D/2)
    cos, sin = (np.concatenate([f(angles), f(angles)], 1).astype(np.float32) for f in (np.cos, np.sin))
    mask = np.triu(np.full((count, count), -np.inf, np.float32), 1)

    def norm(x: Array, name: str) -> Array:
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(config["rms_norm_eps"]))
        return x * weights[f"{name}.weight"]

    def split(x: Array) -> Array:
        return x.reshape(count, -1, dim).transpose(1, 0, 2)  # (H, T, D)

    def rotate(x: Array) -> Array:
        return np.asarray(x * cos + np.concatenate([-x[..., dim // 2 :], x[..., : dim // 2]], -1) * sin, np.float32)

    x = weights["model.embed_tokens.weight"][tokens]
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}"
        h = norm(x, f"{at}.input_layernorm")
        q, k, v = (split(h @ weights[f"{at}.self_attn.{n}_proj.weight"].T) for n in "qkv")
        q, k, v = rotate(q), np.repeat(rotate(k), shared, 0), np.repeat(v, shared, 0)
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(np.float32(dim)) + mask
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ v
        x = x + mixed.transpose(1, 0, 2).reshape(count, -1) @ weights[f"{at}.self_attn.o_proj.weight"].T
        h = norm(x, f"{at}.post_attention_layernorm")
        gate = h @ weights[f"{at}.mlp.gate_proj.weight"].T
        up = h @ weights[f"{at}.mlp.up_proj.weight"].T
        x = x + (gate / (1 + np.exp(-gate)) * up) @ weights[f"{at}.mlp.down_proj.weight"].T
    head = weights["model.embed_tokens.weight" if config["tie_word_embeddings"] else "lm_head.weight"]
    logits = norm(x, "model.norm") @ head.T
    logits = logits - logits.max(-1, keepdims=True)
    return np.asarray(logits - np.log(np.exp(logits).sum(-1, keepdims=True)), np.float32)


def variant(name: str) -> tuple[dict[str, Any], dict[str, NDArray[np.float16]]]:
    """The tiny checkpoint, or it with an untied output matrix and one key-value head for two heads."""
    config: dict[str, Any] = tiny_config(tiny_tokenizer())
    weights = dict(tiny_weights(config["vocab_size"], seed=1))
    if name == "untied, grouped":
        rng = np.random.default_rng(2)
        config |= {"tie_word_embeddings": False, "num_key_value_heads": HEADS // 2}
        weights["lm_head.weight"] = rng.normal(0, 0.2, (config["vocab_size"], HIDDEN)).astype(np.float16)
        for key in weights:
            if "k_proj" in key or "v_proj" in key:
                weights[key] = weights[key][: HEADS // 2 * HEAD_DIM]
    if name == "rope_parameters":
        config["rope_theta"] = None
        config["rope_parameters"] = {"rope_type": "default", "rope_theta": 500.0}
    return config, weights


@pytest.mark.parametrize("name", ["tied", "untied, grouped", "rope_parameters"])
def test_greedy_tokens_and_logprobs_are_those_of_the_reference(tmp_path: Path, name: str) -> None:
    config, stored = variant(name)
    convert(config, stored, tmp_path)
    weights = {key: array.astype(np.float32) for key, array in stored.items()}
    if name == "rope_parameters":
        config["rope_theta"] = 500.0

    rows = [Row(Decoding(prompt, max_tokens=20), lambda _token: False) for prompt in PROMPTS]
    Decoder(tmp_path, [END_ID], threads=1).decode(rows, lambda _row: None)

    for row in rows:
        prompt = list(row.decoding.prompt)
        expected = reference_logprobs(config, weights, prompt + row.tokens[:-1])[len(prompt) - 1 :]
        chosen = expected[np.arange(len(row.tokens)), row.tokens]
        assert row.tokens == expected.argmax(-1).tolist()
        np.testing.assert_allclose(row.logprobs, chosen, atol=2e-4)


def test_positions_matter_to_the_reference() -> None:
    """Else equality above would prove nothing about them."""
    config, stored = variant("tied")
    weights = {key: array.astype(np.float32) for key, array in stored.items()}
    right = reference_logprobs(config, weights, list(range(50)))[-1]
    wrong = reference_logprobs(config | {"rope_theta": 500.0}, weights, list(range(50)))[-1]
    assert np.abs(right - wrong).max() > 0.05


def test_a_completion_may_fill_the_context(tmp_path: Path) -> None:
    config, stored = variant("tied")
    convert(json.loads(json.dumps(config)), stored, tmp_path)
    row = Row(Decoding((1, 2), max_tokens=CONTEXT - 2), lambda _token: False)
    Decoder(tmp_path, [END_ID], threads=1).decode([row], lambda _row: None)
    assert len(row.tokens) == CONTEXT - 2 or row.tokens[-1] == END_ID
