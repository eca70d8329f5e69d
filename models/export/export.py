"""The result of fine-tuning or reinforcement learning → a checkpoint folder: merged, rounded, manifest last."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from models import lineage
from models.checkpoint import complete
from models.training.writing import written
from workers.pipeline.errors import CheckpointError, InputError

RESULT = "model"
"""Folder of the result under that of its run."""
SAME = ("name", "stage", "prompt_style", "narrative_style", "tasks", "config", "config_hash", "data_hash", "parent")
"""What a manifest says in the words of the run."""
DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16}


def export(run: Path, out: Path, dtype: str = "float16", replace: bool = False) -> None:
    """Write the checkpoint of a finished run; `out` appears in one move, complete.

    Raises InputError for a run that is not finished or in another PROMPT_VERSION, an adapter whose base has changed,
    weights that `dtype` cannot hold, or where `out` exists and is not to be replaced; CheckpointError for a folder that
    cannot be loaded; SaveFailed where the disk is full.
    """
    if out.exists() and not replace:
        raise InputError(f"{out} exists already")
    manifest = facts(run)
    try:
        model = _merged(run / RESULT, manifest)
        tokenizer = AutoTokenizer.from_pretrained(run / RESULT, local_files_only=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{run / RESULT} cannot be loaded: {str(error).splitlines()[0]}") from None
    _round(model, dtype)
    model.config.use_cache = True  # training switches it off
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    with written(partial):
        model.save_pretrained(partial)
        tokenizer.save_pretrained(partial, save_jinja_files=False)
    _plain(partial / "tokenizer_config.json")
    manifest["context_length"] = model.config.get_text_config().max_position_embeddings
    complete(partial, {**manifest, "parameters": model.num_parameters()})
    shutil.rmtree(out, ignore_errors=True)  # there only if it is to be replaced
    partial.rename(out)


def facts(run: Path) -> dict[str, Any]:
    """The manifest of a run's result, but for what the weights tell.

    Raises InputError where it is not finished, or of another PROMPT_VERSION.
    """
    told = lineage.said(run / RESULT)
    if lacking := sorted({*SAME, "tokens", "seconds"} - told.keys()):
        why = f"{RESULT}/{lineage.RUN} lacks {lacking[0]}" if told else f"neither {RESULT}/{lineage.RUN} nor state.pt"
        raise InputError(f"{run} is no finished run: {why}")
    training = {"tokens": told["tokens"], "seconds": told["seconds"]}
    speaks = lineage.version(told, run / RESULT / lineage.RUN)
    same = {name: told[name] for name in SAME}
    return {**same, "prompt_version": speaks, "training": training, "evaluation": {}, "calibration": []}


def _merged(folder: Path, manifest: dict[str, Any]) -> Any:
    """The weights in float32, so that they are rounded once, an adapter added to its base. Raises InputError."""
    settings = folder / "adapter_config.json"
    if not settings.exists():
        return AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    from peft import PeftModel  # takes a while to import

    told = json.loads(settings.read_text(encoding="utf-8"))
    base = lineage.locate(told["base_model_name_or_path"], told.get("revision") or "main")
    if lineage.weights_hash(base) != manifest["parent"]["weights"]:
        raise InputError(f"{base} does not hold the weights that the adapter in {folder} was trained on")
    model = AutoModelForCausalLM.from_pretrained(base, local_files_only=True, dtype=torch.float32)
    return PeftModel.from_pretrained(model, folder).merge_and_unload()


def _round(model: Any, dtype: str) -> None:
    """Round the weights. Raises InputError where one of them becomes infinite, or was no number."""
    model.to(DTYPES[dtype])
    for name, value in model.state_dict().items():
        if not value.isfinite().all():
            raise InputError(f"{name} holds values that {dtype} cannot: try --dtype bfloat16, or train anew")


def _plain(path: Path) -> None:
    """A tokenizer's settings as readers older than transformers 5 know them too."""
    settings = json.loads(path.read_text(encoding="utf-8"))
    for name in ("is_local", "local_files_only"):  # how it was loaded here
        settings.pop(name, None)
    if settings.get("tokenizer_class") == "TokenizersBackend":
        settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    path.write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
