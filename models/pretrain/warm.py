"""Starting a run from the weights of a checkpoint, whatever vocabulary that one has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import LlamaForCausalLM

from models.checkpoint import WEIGHTS
from models.pretrain.tokenizer import vocabulary
from workers.pipeline.errors import InputError

EMBEDDING = "model.embed_tokens.weight"


def warm(model: LlamaForCausalLM, vocab: Mapping[str, int], folder: Path) -> None:
    """Copy the weights in `folder` into `model`, embeddings by token; tokens it did not have keep their random start.

    Raises InputError where there is no checkpoint, a damaged one, or one of another size.
    """
    try:
        weights = {name: value.float() for name, value in load_file(folder / WEIGHTS).items()}
        known = vocabulary(folder / "tokenizer.json")
        old = weights.pop(EMBEDDING)
    except FileNotFoundError as error:
        raise InputError(f"{folder} is not a checkpoint to start from: {error}") from None
    except (SafetensorError, KeyError) as error:
        raise InputError(f"{folder / WEIGHTS} is damaged: {error}") from None
    rows = model.get_input_embeddings().weight.detach().clone()  # (V, D)
    shared = [token for token in vocab if token in known]
    try:
        rows[[vocab[token] for token in shared]] = old[[known[token] for token in shared]].to(rows)
        missing, unexpected = model.load_state_dict(weights | {EMBEDDING: rows}, strict=False)
    except (RuntimeError, IndexError) as error:
        raise InputError(f"{folder} holds a model of another size: {str(error).splitlines()[0]}") from None
    if unexpected or set(missing) - {"lm_head.weight"}:
        raise InputError(f"{folder} holds another architecture")
