"""What a run starts from: weights and tokenizer, checked against the configuration, and where they come from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

from models import lineage
from models.config import NARRATIVES
from models.dataset import folder, narratives
from models.rl.config import RlConfig, screened
from models.rl.tokens import speaks
from workers.pipeline.errors import CheckpointError, InputError
from workers.pipeline.manifest import MANIFEST, read_manifest, verify_files
from workers.pipeline.prompts import PROMPT_VERSION


def resolved(config: RlConfig, checkpoint: Path) -> RlConfig:
    """The configuration with what it leaves to the parent. Raises CheckpointError."""
    if config.pool.workings:
        return config
    if (checkpoint / MANIFEST).exists():
        read_manifest(checkpoint)  # refuses one that this code cannot speak to
    tells = lineage.said(checkpoint).get("narrative_style")
    workings = next((name for name, style in NARRATIVES.items() if style == tells), "plain")
    return replace(config, pool=replace(config.pool, workings=workings))


def load(config: RlConfig, checkpoint: Path) -> tuple[PreTrainedTokenizerFast, Any]:
    """The parent's tokenizer and its weights. Raises CheckpointError, InputError."""
    if not (checkpoint / "config.json").exists():
        raise CheckpointError(f"checkpoint {checkpoint}: no config.json: it is no Hugging Face folder")
    if (checkpoint / MANIFEST).exists():
        verify_files(checkpoint, read_manifest(checkpoint))
    said = lineage.said(checkpoint)
    _check_prompts(config, checkpoint, said)
    tells = said.get("narrative_style")
    if screened(config) and tells and (rows := _judged(config)) and tells != rows:
        told = f"tells {tells} narratives, the rows that low and high judge {rows} ones"
        raise InputError(f"checkpoint {checkpoint} {told}")
    try:
        tokenizer = AutoTokenizer.from_pretrained(checkpoint, local_files_only=True)
        # float32 also under bf16, which is autocast: at such learning rates most updates round to nothing in bfloat16
        model = AutoModelForCausalLM.from_pretrained(checkpoint, local_files_only=True, dtype=torch.float32)
    except (OSError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"checkpoint {checkpoint} cannot be loaded: {str(error).splitlines()[0]}") from None
    if reason := speaks(tokenizer, config.style):
        raise InputError(f"checkpoint {checkpoint}: its tokenizer does not fit the {config.style} style: {reason}")
    if len(tokenizer) > model.config.get_text_config().vocab_size:
        raise InputError(f"checkpoint {checkpoint}: its tokenizer has more entries than its weights")
    room = model.config.get_text_config().max_position_embeddings
    if config.train.prompt_tokens + config.train.new_tokens > room:
        raise InputError(f"prompt_tokens and new_tokens are more than the {room} of checkpoint {checkpoint}")
    return tokenizer, model


def _check_prompts(config: RlConfig, checkpoint: Path, said: Mapping[str, Any]) -> None:
    """Raises InputError where a checkpoint, or the result of a run, says that it was taught other prompts."""
    if (style := said.get("prompt_style", config.style)) != config.style:
        raise InputError(f"checkpoint {checkpoint} speaks {style}, the configuration {config.style}")
    if (version := said.get("prompt_version", PROMPT_VERSION)) != PROMPT_VERSION:
        told = f"speaks PROMPT_VERSION {version}, this code speaks {PROMPT_VERSION}"
        raise InputError(f"checkpoint {checkpoint} {told}")


def _judged(config: RlConfig) -> str:
    """The style of the narratives that `low` and `high` judge; empty where that is not known. Raises InputError."""
    if not config.pool.data:
        return NARRATIVES[config.pool.workings]
    path = Path(config.pool.data) / folder.MANIFEST
    try:
        return narratives.told(json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return ""  # a run that has its rows goes on without the data; any other one refuses it when it draws
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path} is not that of a data set of models.dataset") from None


def lineage_of(config: RlConfig, checkpoint: Path) -> dict[str, Any]:
    """What the result will say of itself whatever comes of the run: where it comes from, and what its parent could."""
    told = lineage.said(checkpoint)
    narrative = told.get("narrative_style") or ("compact" if config.style == "tagged" else "prose")
    return {
        "name": config.name, "stage": "rl", "parent": lineage.parent(checkpoint), "prompt_style": config.style,
        "prompt_version": PROMPT_VERSION, "narrative_style": narrative, "tasks": [*told.get("tasks", [])],
    }  # fmt: skip
