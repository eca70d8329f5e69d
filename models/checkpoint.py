"""A checkpoint folder: what serving reads. Weights in float16, the tokenizer, the chat template, and last the manifest.

Only numpy and the standard library touch the files, so a folder can be completed (evaluation figures, calibration)
where torch is not installed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import save_file

from workers.pipeline.errors import InputError
from workers.pipeline.prompts import tagged

CHAT_TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
"""A tagged prompt sent as one chat message stands as it is."""
WEIGHTS, MANIFEST = "model.safetensors", "manifest.json"
Array = NDArray[Any]


def write(
    folder: Path,
    weights: Mapping[str, Array],
    config: Mapping[str, Any],
    tokenizer: Path,
    manifest: Mapping[str, Any],
    replace: bool = False,
) -> None:
    """Write a whole checkpoint; `folder` appears in one move, complete.

    `weights` are rounded to float16; `config` is the content of `config.json`; `manifest` lacks only what is computed
    here: parameter count and file hashes. Raises InputError where `folder` exists and is not to be replaced, or for
    weights that are no numbers in float16, and OSError where it cannot be written; what was there is then there still.
    """
    if folder.exists() and not replace:
        raise InputError(f"{folder} exists already")
    half = _rounded(weights)
    temporary = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        save_file(half, temporary / WEIGHTS, metadata={"format": "pt"})
    except SafetensorError as error:  # its way to say that the disk is full
        raise OSError(f"{temporary / WEIGHTS} cannot be written: {error}") from error
    _json(temporary / "config.json", config)
    shutil.copyfile(tokenizer, temporary / "tokenizer.json")
    special = {"eos_token": tagged.END, "pad_token": tagged.PAD}
    length = {"model_max_length": config["max_position_embeddings"], "clean_up_tokenization_spaces": False}
    kind = {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": CHAT_TEMPLATE}
    _json(temporary / "tokenizer_config.json", special | length | kind)
    ids = {"eos_token_id": config["eos_token_id"], "pad_token_id": config["pad_token_id"]}
    _json(temporary / "generation_config.json", ids)
    parameters = sum(value.size for value in half.values())
    complete(temporary, {**manifest, "parameters": parameters})
    shutil.rmtree(folder, ignore_errors=True)  # there only if it is to be replaced
    temporary.rename(folder)


def _rounded(weights: Mapping[str, Array]) -> dict[str, Array]:
    """In float16. Raises InputError where a weight is infinite there, or was no number before."""
    out = {}
    for name, value in weights.items():
        with np.errstate(over="ignore"):  # what becomes infinite is refused below
            out[name] = np.ascontiguousarray(value, dtype=np.float16)
        if not np.isfinite(out[name]).all():
            raise InputError(f"{name} holds values that float16 cannot: train anew")
    return out


def complete(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest of a folder, with the sha256 of every other file in it; what a killed call left is ignored."""
    files = {
        path.name: _digest(path) for path in sorted(folder.iterdir()) if path.name != MANIFEST and path.name[0] != "."
    }
    temporary = folder / f".{MANIFEST}"
    _json(temporary, {**manifest, "files": files})
    temporary.replace(folder / MANIFEST)


def _json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
