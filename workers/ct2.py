"""A checkpoint's CTranslate2 form: built from `config.json` and `model.safetensors` with numpy alone, cached on disk.

It knows the names of Llama's weights and nothing of prompts, requests or the tokenizer: in the CTranslate2 vocabulary a
token is its id in decimal, so that no byte of a real token can be misread and ids map to tokens by `str` alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from workers.pipeline.errors import CheckpointError

if TYPE_CHECKING:
    from ctranslate2.specs import TransformerDecoderModelSpec

FORM = "1"
"""Version of this conversion; part of the cache key."""
Weights = Mapping[str, NDArray[Any]]


def cached_form(checkpoint: Path, weights_sha256: str, cache: Path | None = None) -> Path:
    """Folder with the CTranslate2 form of `checkpoint`, built if it is not in the cache yet.

    The key covers weights and config. A form becomes visible by one rename of a finished folder, so a conversion that
    was interrupted is never used, and two processes that convert at once do no harm. Raises CheckpointError for a
    model that would be served wrongly.
    """
    raw = (checkpoint / "config.json").read_bytes()
    key = hashlib.sha256(f"{FORM} {weights_sha256} ".encode() + raw).hexdigest()
    target = (cache or default_cache()) / key
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=target.parent))
    try:
        convert(_config(raw), _weights(checkpoint / "model.safetensors"), unfinished)
        try:
            unfinished.rename(target)
        except OSError:
            if not target.is_dir():  # else another process was faster: its form is the same
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return target


def default_cache() -> Path:
    """`$XDG_CACHE_HOME/deskcheck/ct2`, by default under `~/.cache` (XDG Base Directory Specification)."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))  # the specification has relative paths ignored
    return (base if base.is_absolute() else Path.home() / ".cache") / "deskcheck" / "ct2"


def convert(config: Mapping[str, Any], weights: Weights, folder: Path) -> None:
    """Write the CTranslate2 form of a Llama model into `folder`; raises CheckpointError for anything else."""
    _refuse_unsupported(config)
    spec = _empty_spec(config)
    try:
        _fill(spec, config, weights)
    except KeyError as error:
        raise CheckpointError(f"model.safetensors has no weight {error}") from error
    spec.register_vocabulary([str(token) for token in range(len(weights["model.embed_tokens.weight"]))])
    # Must be tokens of the vocabulary; never used, since every request names its end ids.
    spec.config.bos_token = spec.config.eos_token = spec.config.unk_token = "0"
    spec.config.layer_norm_epsilon = config["rms_norm_eps"]
    spec.validate()
    spec.optimize()
    spec.save(str(folder))


def _refuse_unsupported(config: Mapping[str, Any]) -> None:
    if config.get("architectures") != ["LlamaForCausalLM"]:
        raise CheckpointError(f"the embedded engine serves LlamaForCausalLM, not {config.get('architectures')}")
    scaling = {**(config.get("rope_scaling") or {}), **(config.get("rope_parameters") or {})}
    if scaling.get("rope_type", scaling.get("type", "default")) != "default":
        raise CheckpointError(f"the embedded engine does not serve scaled rotary positions: {scaling}")
    for key, served in (("hidden_act", ("silu",)), ("attention_bias", (False,)), ("mlp_bias", (False,)),
                        ("quantization_config", (None,)), ("partial_rotary_factor", (None, 1.0))):  # fmt: skip
        if config.get(key, served[0]) not in served:
            raise CheckpointError(f"the embedded engine does not serve {key} = {config[key]!r}")


def _empty_spec(config: Mapping[str, Any]) -> TransformerDecoderModelSpec:
    from ctranslate2.specs import TransformerDecoderModelSpec, common_spec  # imports torch where it is installed

    heads, heads_kv = config["num_attention_heads"], config.get("num_key_value_heads")
    return TransformerDecoderModelSpec.from_config(
        config["num_hidden_layers"],
        heads,
        activation=common_spec.Activation.SWISH,
        pre_norm=True,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=0,  # all dimensions of a head
        rotary_interleave=False,  # Hugging Face rotates halves, not neighbours
        rotary_base=_rope_theta(config),
        num_heads_kv=None if heads_kv == heads else heads_kv,
        head_dim=config.get("head_dim") or config["hidden_size"] // heads,
    )


def _rope_theta(config: Mapping[str, Any]) -> float:
    """Transformers 5 moved `rope_theta` into `rope_parameters`."""
    return float((config.get("rope_parameters") or {}).get("rope_theta") or config.get("rope_theta") or 10000.0)


def _fill(spec: TransformerDecoderModelSpec, config: Mapping[str, Any], weights: Weights) -> None:
    """Matrices are (out, in) on both sides; q, k and v are stacked along out."""
    decoder = spec.decoder
    decoder.scale_embeddings = False
    decoder.embeddings.weight = weights["model.embed_tokens.weight"]
    tied = config.get("tie_word_embeddings", False)
    decoder.projection.weight = weights["model.embed_tokens.weight" if tied else "lm_head.weight"]
    decoder.layer_norm.gamma = weights["model.norm.weight"]
    for index, layer in enumerate(decoder.layer):
        prefix = f"model.layers.{index}"
        attention, ffn = layer.self_attention, layer.ffn
        attention.layer_norm.gamma = weights[f"{prefix}.input_layernorm.weight"]
        attention.linear[0].weight = np.concatenate([weights[f"{prefix}.self_attn.{n}_proj.weight"] for n in "qkv"])
        attention.linear[1].weight = weights[f"{prefix}.self_attn.o_proj.weight"]
        ffn.layer_norm.gamma = weights[f"{prefix}.post_attention_layernorm.weight"]
        ffn.linear_0.weight = weights[f"{prefix}.mlp.gate_proj.weight"]
        ffn.linear_0_noact.weight = weights[f"{prefix}.mlp.up_proj.weight"]
        ffn.linear_1.weight = weights[f"{prefix}.mlp.down_proj.weight"]


def _config(raw: bytes) -> dict[str, Any]:
    try:
        config: dict[str, Any] = json.loads(raw)
    except ValueError as error:
        raise CheckpointError(f"config.json is not JSON: {error}") from error
    return config


def _weights(path: Path) -> Weights:
    try:
        return load_file(path)
    except (SafetensorError, OSError, TypeError) as error:  # TypeError: bfloat16, which numpy does not have
        raise CheckpointError(f"cannot read {path.name}: {error}") from error
