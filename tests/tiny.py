"""A tiny random Llama checkpoint folder for tests, in the layout the trainer writes and vLLM serves.

Made with numpy, safetensors and tokenizers alone. It knows nothing of the engine; its weights mean nothing.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from workers.pipeline.prompts import PROMPT_VERSION
from workers.pipeline.prompts.tagged import END, PAD, SPECIAL_TOKENS

HIDDEN, LAYERS, HEADS, HEAD_DIM, INNER, CONTEXT = 64, 2, 2, 32, 160, 512
CHAT_TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}"


def make_tiny_checkpoint(folder: Path, seed: int = 0) -> Path:
    """Write the checkpoint into `folder` (made if missing), manifest last; the same seed gives the same weights."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = tiny_tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    config = tiny_config(tokenizer)
    _write(folder / "config.json", config)
    _write(folder / "generation_config.json", {key: config[key] for key in ("eos_token_id", "pad_token_id")})
    _write(folder / "tokenizer_config.json", _tokenizer_config())
    weights = tiny_weights(tokenizer.get_vocab_size(), seed)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    write_manifest(folder, sum(array.size for array in weights.values()))
    return folder


def tiny_tokenizer() -> Tokenizer:
    """One token for each byte, then the special tokens of the tagged prompts; no merges."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={char: index for index, char in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS])
    return tokenizer


def tiny_config(tokenizer: Tokenizer) -> dict[str, object]:
    """The `config.json` that transformers and vLLM read."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": HIDDEN,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS,
        "head_dim": HEAD_DIM,
        "hidden_act": "silu",
        "max_position_embeddings": CONTEXT,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": True,
        "bos_token_id": None,
        "eos_token_id": tokenizer.token_to_id(END),
        "pad_token_id": tokenizer.token_to_id(PAD),
        "torch_dtype": "float16",
    }


def tiny_weights(vocab: int, seed: int) -> dict[str, NDArray[np.float16]]:
    """Random matrices under the Hugging Face names, (out, in) each; scaled so that attention and MLP matter."""
    rng = np.random.default_rng(seed)

    def matrix(rows: int, columns: int) -> NDArray[np.float16]:
        return rng.normal(0.0, 1.5 / columns**0.5, (rows, columns)).astype(np.float16)

    def norm() -> NDArray[np.float16]:
        return rng.normal(1.0, 0.1, HIDDEN).astype(np.float16)

    width = HEADS * HEAD_DIM
    weights = {"model.embed_tokens.weight": matrix(vocab, HIDDEN), "model.norm.weight": norm()}
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}"
        for name in ("q", "k", "v"):
            weights[f"{prefix}.self_attn.{name}_proj.weight"] = matrix(width, HIDDEN)
        weights[f"{prefix}.self_attn.o_proj.weight"] = matrix(HIDDEN, width)
        weights[f"{prefix}.mlp.gate_proj.weight"] = matrix(INNER, HIDDEN)
        weights[f"{prefix}.mlp.up_proj.weight"] = matrix(INNER, HIDDEN)
        weights[f"{prefix}.mlp.down_proj.weight"] = matrix(HIDDEN, INNER)
        weights[f"{prefix}.input_layernorm.weight"] = norm()
        weights[f"{prefix}.post_attention_layernorm.weight"] = norm()
    return weights


def write_manifest(folder: Path, parameters: int, **changes: object) -> None:
    """(Re)write `manifest.json` with the checksums of the files as they are now; `changes` replace its fields."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name != "manifest.json")
    manifest: dict[str, object] = {
        "name": "tiny",
        "parameters": parameters,
        "context_length": CONTEXT,
        "prompt_version": PROMPT_VERSION,
        "prompt_style": "tagged",
        "narrative_style": "compact",
        "tasks": ["solve", "predict", "fix"],
        "config": "tiny.toml",
        "data_hash": "0" * 64,
        "config_hash": "0" * 64,
        "training": {"tokens": 0, "seconds": 0.0},
        "evaluation": {},
        "calibration": [],
        "files": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names},
    }
    _write(folder / "manifest.json", manifest | changes)


def _tokenizer_config() -> dict[str, object]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": END,
        "pad_token": PAD,
        "additional_special_tokens": [token for token in SPECIAL_TOKENS if token not in (END, PAD)],
        "model_max_length": CONTEXT,
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    }


def _write(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
