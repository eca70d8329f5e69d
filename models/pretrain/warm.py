"""Starting a run from the weights of a checkpoint, whatever vocabulary that one has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import LlamaForCausalLM

from models.checkpoint import WEIGHTS
from models.pretrain.tokenizer import vocabulary
from workers.pipeline.errors import InputError

EMBEDDING = "model.embed_tokens.weight"
ADDING = ("self_attn.o_proj.weight", "mlp.down_proj.weight")
"""What a layer adds to the stream goes through one of these."""


def warm(model: LlamaForCausalLM, vocab: Mapping[str, int], folder: Path) -> None:
    """Copy the weights in `folder` into `model`, embeddings by token; tokens it did not have keep their random start.

    Where the model has fewer heads of keys and values, each starts as the mean of those it stands for (arXiv
    2305.13245, section 2.1): what that loses, training has to bring back. Where it has more layers, some of those there
    are come twice or more, and the copies add nothing at first (arXiv 2401.02415, section 3.2), which loses nothing.
    Raises InputError where there is no checkpoint, a damaged one, or one of another size.
    """
    try:
        weights = {name: value.float() for name, value in load_file(folder / WEIGHTS).items()}
        known = vocabulary(folder / "tokenizer.json")
        old = weights.pop(EMBEDDING)
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        heads, layers = config["num_attention_heads"], range(config["num_hidden_layers"])
    except FileNotFoundError as error:
        raise InputError(f"{folder} is not a checkpoint to start from: {error}") from None
    except (SafetensorError, KeyError) as error:
        raise InputError(f"{folder / WEIGHTS} is damaged: {error}") from None
    except (ValueError, TypeError) as error:
        raise InputError(f"{folder / 'config.json'} is damaged: {error}") from None
    if heads != model.config.num_attention_heads:
        raise InputError(f"{folder} holds a model of another size: {heads} heads")
    if {int(name.split(".")[2]) for name in weights if name.startswith("model.layers.")} != {*layers}:
        raise InputError(f"{folder / WEIGHTS} is damaged: it has not the {len(layers)} layers of {folder}/config.json")
    rows = model.get_input_embeddings().weight.detach().clone()  # (V, D)
    shared = [token for token in vocab if token in known]
    weights = {name: _pooled(name, value, model) for name, value in weights.items()}
    weights = _deeper(weights, len(layers), model.config.num_hidden_layers)
    try:
        rows[[vocab[token] for token in shared]] = old[[known[token] for token in shared]].to(rows)
        missing, unexpected = model.load_state_dict(weights | {EMBEDDING: rows}, strict=False)
    except (RuntimeError, IndexError) as error:
        raise InputError(f"{folder} holds a model of another size: {str(error).splitlines()[0]}") from None
    if unexpected or set(missing) - {"lm_head.weight"}:
        raise InputError(f"{folder} holds another architecture")


def _pooled(name: str, value: torch.Tensor, model: LlamaForCausalLM) -> torch.Tensor:
    """A matrix of keys or values, (heads · d, D), with the heads of each group put together; all else as it is."""
    config = model.config
    size = config.head_dim * config.num_key_value_heads
    if not name.endswith(("k_proj.weight", "v_proj.weight")) or len(value) <= size or len(value) % size:
        return value
    return value.view(config.num_key_value_heads, len(value) // size, config.head_dim, -1).mean(1).flatten(0, 1)


def _deeper(weights: Mapping[str, torch.Tensor], old: int, layers: int) -> dict[str, torch.Tensor]:
    """The `old` layers with copies of theirs behind them, evenly, until there are `layers`. The copies add nothing."""
    if old >= layers:
        return dict(weights)
    out = {name: value for name, value in weights.items() if not name.startswith("model.layers.")}
    for at in range(layers):
        source = at * old // layers
        added = at > 0 and source == (at - 1) * old // layers
        prefix = f"model.layers.{source}."
        for name, value in weights.items():
            if name.startswith(prefix):
                part = name.removeprefix(prefix)
                out[f"model.layers.{at}.{part}"] = torch.zeros_like(value) if added and part in ADDING else value
    return out
