"""A Hugging Face folder of weights: where it is, what its weights are called by, what they were made from.

The chain of parents is what a manifest carries: from run to run, by hash, back to the first one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.checkpoint import MANIFEST
from workers.pipeline.errors import CheckpointError, InputError
from workers.pipeline.prompts import PROMPT_VERSION

RUN = "run.json"
"""What the result of fine-tuning or reinforcement learning says of itself; a checkpoint's manifest says more."""
FILES = ("*.json", "*.safetensors", "*.jinja", "*.model", "*.txt")
"""What is fetched of a model on the hub: weights, tokenizer, configuration; no code."""


def locate(model: str, revision: str) -> Path:
    """The folder of a model: `model` itself, or where the hub's client keeps it, fetched if need be.

    Raises InputError where the hub does not give it, CheckpointError for a folder that is no whole model.
    """
    path = Path(model)
    if not path.is_dir():
        from huggingface_hub import snapshot_download  # pretraining does without the hub

        try:
            path = Path(snapshot_download(model, revision=revision, allow_patterns=list(FILES)))
        except (OSError, ValueError) as error:  # what the client raises is one of these
            reason = str(error).strip().splitlines()[0]
            raise InputError(f"model {model} is no folder, and the hub does not give it: {reason}") from None
    if (path / "adapter_config.json").exists():
        raise InputError(f"model {model} is an adapter: python -m models.export merges it into its base")
    if not (path / "config.json").exists():
        raise CheckpointError(f"model {model}: no config.json: it is no Hugging Face folder")
    return path


def weights_hash(folder: Path) -> str:
    """sha256 of the weights in a folder; of several files, that of their checksums in order.

    Raises CheckpointError where there are none.
    """
    sums = []
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            sums.append(hashlib.file_digest(file, "sha256").hexdigest())
    if not sums:
        raise CheckpointError(f"{folder} holds no weights (*.safetensors)")
    return sums[0] if len(sums) == 1 else hashlib.sha256("".join(sums).encode()).hexdigest()


def parent(folder: Path, name: str = "") -> dict[str, Any]:
    """A folder of weights as `parent` of what is made from it: name, weights and, where it tells, how it was made.

    `name` is what it is called where it does not say so itself.
    """
    facts: dict[str, Any] = {"name": name or folder.name, "weights": weights_hash(folder)}
    told = said(folder)
    facts |= {key: told[key] for key in ("name", "stage", "training", "parent") if key in told}
    if "training" not in told and "tokens" in told:
        facts["training"] = {key: told[key] for key in ("tokens", "seconds")}
    return facts


def said(folder: Path) -> dict[str, Any]:
    """What a folder says of itself, as a checkpoint or as the result of a run; empty if it says nothing.

    Raises CheckpointError for what cannot be read.
    """
    for name in (MANIFEST, RUN):
        if (folder / name).exists():
            try:
                return dict(json.loads((folder / name).read_text(encoding="utf-8")))
            except (OSError, ValueError, TypeError) as error:
                raise CheckpointError(f"{folder / name} cannot be read: {error}") from None
    return {}


def version(told: Mapping[str, Any], where: Path) -> int:
    """The PROMPT_VERSION of what was recorded in `where`, which is the one that this code speaks.

    What was recorded before versions were is taken as of this one, since nothing tells, and a line says so. Raises
    InputError for another one: what was trained on other prompts would be called, and trained on, as it never was.
    """
    found = told.get("prompt_version")
    if found is None:
        print(f"{where} names no PROMPT_VERSION: taken as {PROMPT_VERSION}, as this code speaks", flush=True)
    elif found != PROMPT_VERSION:
        raise InputError(
            f"{where} is of PROMPT_VERSION {found}, this code speaks {PROMPT_VERSION}: use the release that made it"
        )
    return PROMPT_VERSION
