"""The folder of a run: claimed by one configuration, and its result, which appears in one move."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from models import lineage
from models.dataset import folder
from workers.pipeline.errors import InputError
from workers.pipeline.prompts import PROMPT_VERSION

RESULT = "model"
"""Folder of the result under that of its run."""
CLAIM = "config.json"
"""What a run was begun with; also the PROMPT_VERSION of its records, which every session of it must speak."""


def one_process_for_each_gpu() -> None:
    """Raises InputError where one process would spread itself over several GPUs."""
    if "WORLD_SIZE" not in os.environ and torch.cuda.device_count() > 1:
        raise InputError("several GPUs: start with accelerate launch, or choose one with CUDA_VISIBLE_DEVICES")


def claim(out: Path, told: Mapping[str, Any]) -> None:
    """Make the folder of the run, with `told` as its config.json.

    Raises InputError if it is that of another run, or of one in another PROMPT_VERSION.
    """
    out.mkdir(parents=True, exist_ok=True)
    known, wanted = claimed(out), {**told, "prompt_version": PROMPT_VERSION}
    if known is None:
        folder.write_text(out / CLAIM, json.dumps(wanted, indent=1))
    elif known != json.loads(json.dumps(wanted)):
        raise InputError(f"{out} holds a run of another configuration, model or data: give it another folder")


def claimed(out: Path) -> dict[str, Any] | None:
    """What the run in a folder was begun with; None where there is none.

    Raises InputError for what cannot be read, or a run in another PROMPT_VERSION.
    """
    try:
        told = dict(json.loads((out / CLAIM).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise InputError(f"{out / CLAIM} is damaged: {error}") from None
    return told | {"prompt_version": lineage.version(told, out / CLAIM)}


def finish(learner: Any, out: Path, facts: Mapping[str, Any]) -> None:
    """Write what a `transformers.Trainer` has learned, with `facts` (`tokens`, `seconds` among them) as its record."""
    partial = out / f".{RESULT}.partial"
    if learner.accelerator.is_main_process:
        shutil.rmtree(partial, ignore_errors=True)
    learner.accelerator.wait_for_everyone()
    learner.save_model(str(partial))
    if learner.accelerator.is_main_process:
        (partial / "training_args.bin").unlink()  # a pickle of this machine's paths; config.json says more
        for file in partial.glob("*.safetensors"):
            file.chmod(0o644)  # written readable for nobody else
        folder.write_text(partial / lineage.RUN, json.dumps(facts, indent=1))
        partial.rename(out / RESULT)
        print(f"{out / RESULT}: {facts['tokens']} tokens in {facts['seconds']} s")
    learner.accelerator.wait_for_everyone()
