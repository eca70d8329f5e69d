"""The model: a transformers Llama of the configured size, trained from scratch."""

from __future__ import annotations

from typing import Any

from torch import _dynamo as dynamo
from transformers import LlamaConfig, LlamaForCausalLM

from models.config import ModelConfig
from models.pretrain.data import LENGTHS
from workers.pipeline.prompts import tagged


def rows(entries: int) -> int:
    """Rows of the embedding for a vocabulary of so many entries: a multiple of 64, which matrix products like."""
    return -(-entries // 64) * 64


def llama_config(config: ModelConfig, vocab_size: int) -> LlamaConfig:
    """Architecture with tied embeddings; END ends a text, PAD pads it."""
    return LlamaConfig(
        vocab_size=vocab_size,
        hidden_size=config.hidden,
        intermediate_size=config.intermediate,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.kv_heads or config.heads,
        head_dim=config.hidden // config.heads,
        max_position_embeddings=config.context,
        rope_parameters={"rope_type": "default", "rope_theta": config.rope_theta},
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tagged.SPECIAL_TOKENS.index(tagged.END),
        pad_token_id=tagged.SPECIAL_TOKENS.index(tagged.PAD),
    )


def compiled(model: LlamaForCausalLM, dynamic: bool = False, backend: Any = "inductor") -> LlamaForCausalLM:
    """The model with its layers compiled. They share what is compiled: once for each shape, whatever the depth.

    Or, `dynamic`, once for all shapes, which a GPU's minutes are too dear for to wait for.
    """
    dynamo.config.recompile_limit = max(dynamo.config.recompile_limit, 2 * len(LENGTHS))
    for layer in model.model.layers:
        layer.compile(dynamic=dynamic, backend=backend)
    return model


def create(config: ModelConfig, vocab_size: int) -> LlamaForCausalLM:
    """A freshly initialized model; seed torch first."""
    return LlamaForCausalLM(llama_config(config, vocab_size))
