"""One run: what it needs, checked; episodes from rows; training with saves that are whole or ignored; the result.

OUT/config.json     the resolved configuration, and what the run starts from
    pool.jsonl      the rows
    log.jsonl       one line for each step and task, one for each step of the optimizer
    checkpoint-N/   the last two saves; one without `whole.json` was being written when the run was killed
    model/          the result, a Hugging Face folder; appears in one move, `run.json` written last
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import PrinterCallback
from transformers.utils.logging import disable_progress_bar

from models import lineage
from models.config import digest
from models.dataset import folder
from models.rl import parent, pool
from models.rl.config import RlConfig
from models.rl.dealing import Deal, rows
from models.rl.grading import SandboxGrader
from models.rl.learner import Learner, arguments
from models.rl.saves import Saves, last_whole, sweep
from models.sandbox.sandbox import Sandbox
from workers.pipeline.errors import DeskcheckError, InputError

FULL = 64 << 20
"""Bytes free on a disk that counts as full: what writes weights says so in many ways."""
RESULT = "model"
EXECUTES = ("solve", "repair")
"""Tasks whose reward is execution."""


class RunFailed(DeskcheckError):
    """The run could not be kept: the disk is full."""


def run(config: RlConfig, source: str, checkpoint: Path, out: Path) -> None:
    """Train to the last step, or go on from the last whole save. `source` names the configuration's file.

    Raises a DeskcheckError for what cannot be used: checkpoint, tokenizer, folder, pool, no sandbox, loss not a number.
    """
    disable_progress_bar()
    settings = arguments(config, str(out), _processes(config))  # before the weights: it sets up how they are sharded
    tokenizer, model = parent.load(config, checkpoint)
    origin = parent.lineage_of(config, checkpoint)
    threads = os.cpu_count() or 1
    sandbox = Sandbox(threads) if any(task.kind in EXECUTES for task in config.tasks) else None
    try:
        _claim(config, origin, out)
        if (out / RESULT).exists():
            print(f"{out / RESULT} is finished")
            return
        with settings.main_process_first(local=False):
            entries, data_hash = pool.load(config, out / "pool.jsonl")
        deal = Deal(config, entries, SandboxGrader(sandbox) if sandbox else None)
        saves = Saves(out, config.train.group)
        learner = Learner(
            config, deal, saves.report, threads, model=model, args=settings, processing_class=tokenizer,
            train_dataset=rows(config, entries, deal, tokenizer), callbacks=[saves],
        )  # fmt: skip
        _train(learner, saves, out)
        made_by = {"config": source, "config_hash": digest(config), "data_hash": data_hash}
        _finish(learner, out, {**origin, **made_by, "tokens": saves.tokens, "seconds": round(saves.seconds)})
    except (RuntimeError, SafetensorError) as error:
        if shutil.disk_usage(out).free < FULL:
            raise RunFailed(f"{out}: no space left; make some, and the same call goes on") from error
        raise
    finally:
        if sandbox:
            sandbox.close()


def _processes(config: RlConfig) -> int:
    """How many processes train. Raises InputError if groups or passes do not come out even among them."""
    if "WORLD_SIZE" not in os.environ and torch.cuda.device_count() > 1 and not config.train.cpu:
        raise InputError("several GPUs: start with accelerate launch, or choose one with CUDA_VISIBLE_DEVICES")
    count, t = int(os.environ.get("WORLD_SIZE", 1)), config.train
    if t.prompts % count or t.prompts * t.group % (t.micro * count):
        raise InputError(f"prompts, and prompts * group / micro, must be multiples of the {count} processes")
    return count


def _claim(config: RlConfig, origin: dict[str, Any], out: Path) -> None:
    """Make the folder of the run. Raises InputError if it is that of another run."""
    out.mkdir(parents=True, exist_ok=True)
    path, text = out / "config.json", json.dumps({**dataclasses.asdict(config), "parent": origin["parent"]}, indent=1)
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise InputError(f"{out} holds a run of another configuration or checkpoint: give it another folder")
    folder.write_text(path, text)


def _train(learner: Learner, saves: Saves, out: Path) -> None:
    learner.remove_callback(PrinterCallback)  # the log has it all
    with learner.args.main_process_first(local=False):
        sweep(out)
        saves.go_on_from(save := last_whole(out))
    learner.train(resume_from_checkpoint=str(save) if save else None)


def _finish(learner: Learner, out: Path, facts: dict[str, Any]) -> None:
    """Write the result; it appears in one move."""
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
