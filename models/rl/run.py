"""One run: what it needs, checked; episodes from rows; training with saves that are whole or ignored; the result.

OUT/config.json     the resolved configuration, and what the run starts from
    pool.jsonl      the rows
    chances.json    the parent's probability of each predict row's true narrative, where rows are kept by it
    log.jsonl       one line for each step and task, one for each step of the optimizer
    checkpoint-N/   the last two saves; one without `whole.json` was being written when the run was killed
    model/          the result, a Hugging Face folder; appears in one move, `run.json` written last
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
from pathlib import Path

from safetensors import SafetensorError
from transformers import PrinterCallback
from transformers.utils.logging import disable_progress_bar

from models.config import digest
from models.rl import parent, pool
from models.rl.config import RlConfig, screened
from models.rl.dealing import Deal, rows
from models.rl.full import full
from models.rl.learner import Learner, arguments
from models.rl.progress import Progress
from models.rl.screen import screen
from models.sandbox.grading import SandboxGrader
from models.sandbox.sandbox import Sandbox
from models.training.memory import keep_freed
from models.training.result import RESULT, claim, finish, one_process_for_each_gpu
from models.training.saves import last_whole, sweep
from workers.pipeline.errors import DeskcheckError, InputError
from workers.pipeline.prompts import PROMPT_VERSION

CHANCES = "chances.json"
EXECUTES = ("solve", "repair")
"""Tasks whose reward is execution."""


class RunFailed(DeskcheckError):
    """The run could not be kept: the disk is full."""


def run(config: RlConfig, source: str, checkpoint: Path, out: Path, only_rows: bool = False) -> None:
    """Train to the last step, or go on from the last whole save. `source` names the configuration's file.

    With `only_rows` nothing is trained: rows are drawn and screened, which many processes cannot do together.
    Raises a DeskcheckError for what cannot be used: checkpoint, tokenizer, folder, pool, data, disk, no sandbox, no
    vLLM, loss not a number.
    """
    disable_progress_bar()
    keep_freed()
    _check_prompts(out)
    config = parent.resolved(config, checkpoint)
    processes = _processes(config)
    if screened(config) and processes > 1 and not (out / CHANCES).exists():
        raise InputError("rows are screened in one process: run the same with --screen first, without a launcher")
    settings = arguments(config, str(out), processes)  # before the weights: it sets up how they are sharded
    tokenizer, model = parent.load(config, checkpoint)
    origin = parent.lineage_of(config, checkpoint)
    threads = os.cpu_count() or 1
    sandbox = Sandbox(threads) if any(task.kind in EXECUTES for task in config.tasks) else None
    try:
        claim(out, {**dataclasses.asdict(config), "parent": origin["parent"], "prompt_version": PROMPT_VERSION})
        if (out / RESULT).exists():
            print(f"{out / RESULT} is finished")
            return
        with settings.main_process_first(local=False):
            drawn, data_hash = pool.load(config, out / "pool.jsonl")
            here = model if processes > 1 else model.to(settings.device)  # many shard it themselves
            entries = screen(config, drawn, out / CHANCES, here, tokenizer)
        if only_rows:
            return
        deal = Deal(config, entries, SandboxGrader(sandbox) if sandbox else None)
        progress = Progress(out, config.train.group, config.train.tokens)
        learner = Learner(
            config, deal, progress.report, progress.spent, threads, model=model, args=settings,
            processing_class=tokenizer, train_dataset=rows(config, entries, deal, tokenizer), callbacks=[progress],
        )  # fmt: skip
        _train(learner, progress, out)
        made_by = {"config": source, "config_hash": digest(config), "data_hash": data_hash}
        tasks = {"tasks": list(dict.fromkeys([*origin["tasks"], *progress.learned()]))}
        cost = {"tokens": progress.tokens, "seconds": round(progress.seconds)}
        finish(learner, out, {**origin, **tasks, **made_by, **cost})
    except (OSError, RuntimeError, SafetensorError) as error:
        if full(error, out):
            raise RunFailed(f"{out}: no space left; make some, and the same call goes on") from error
        raise
    finally:
        if sandbox:
            sandbox.close()


def _check_prompts(out: Path) -> None:
    """Raises InputError for the folder of a run that another version of the prompts was asked in."""
    try:
        begun = json.loads((out / "config.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return
    except ValueError:
        raise InputError(f"{out / 'config.json'} is damaged: give the run another folder") from None
    speaks = begun.get("prompt_version", "unknown") if isinstance(begun, dict) else "unknown"
    if speaks != PROMPT_VERSION:
        told = f"holds a run of PROMPT_VERSION {speaks}, this code speaks {PROMPT_VERSION}"
        raise InputError(f"{out} {told}: give the run another folder")


def _processes(config: RlConfig) -> int:
    """How many processes train. Raises InputError if groups or passes do not come out even among them, and where vLLM
    is to write the answers and is not installed."""
    if config.vllm.mode != "off" and importlib.util.find_spec("vllm") is None:
        raise InputError(f"[vllm] mode {config.vllm.mode}: vLLM is not installed in this environment")
    if not config.train.cpu:
        one_process_for_each_gpu()
    count, t = int(os.environ.get("WORLD_SIZE", 1)), config.train
    if t.prompts % count or t.prompts * t.group % (t.micro * count):
        raise InputError(f"prompts, and prompts * group / micro, must be multiples of the {count} processes")
    return count


def _train(learner: Learner, progress: Progress, out: Path) -> None:
    learner.remove_callback(PrinterCallback)  # the log has it all
    with learner.args.main_process_first(local=False):
        sweep(out)
        progress.go_on_from(save := last_whole(out))
    learner.train(resume_from_checkpoint=str(save) if save else None)
