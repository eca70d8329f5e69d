"""One run: what it needs, checked; records as token ids; training with saves that are whole or ignored; the result.

    OUT/config.json     the resolved configuration, the data and what the run starts from
        tokens/         both splits as token ids, with counts of what was kept and what was too long
        log.jsonl       one line for each step and each evaluation
        checkpoint-N/   the last two saves; one without `whole.json` was being written when the run was killed
        model/          the result, a Hugging Face folder or a LoRA adapter, `run.json` last; appears in one move

Knows nothing of prompts, nor of how the trainer is configured.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback
from transformers.utils.logging import disable_progress_bar

from models import lineage
from models.config import NARRATIVES, digest
from models.sft import encode, trainer
from models.sft.config import SftConfig
from models.sft.data import Source, open_source
from models.sft.progress import Progress
from models.training.result import RESULT, claim, finish, one_process_for_each_gpu
from models.training.saves import last_whole, sweep
from workers.pipeline.errors import CheckpointError, InputError
from workers.pipeline.manifest import MANIFEST, read_manifest, verify_files
from workers.pipeline.prompts import PROMPT_VERSION

PATIENCE = timedelta(hours=3)
"""How long processes wait for the first one, which may have to fetch the model and to encode the data."""


def run(config: SftConfig, source: str, data: Path, out: Path) -> None:
    """Train to the last step, or go on from the last whole save. `source` names the configuration's file.

    Raises a DeskcheckError for what cannot be used: data, model, tokenizer, folder, disk, loss not a number.
    """
    one_process_for_each_gpu()
    disable_progress_bar()
    state = PartialState(cpu=not torch.cuda.is_available(), timeout=PATIENCE)
    records = open_source(data)
    base = _base(config)
    _check_styles(config, base, records)
    tokenizer = _tokenizer(config, base, records.style)
    parent: dict[str, Any] = {}
    with state.main_process_first():
        if state.is_main_process:
            parent = lineage.parent(base, config.model)
            claim(out, {**dataclasses.asdict(config), "data_hash": records.data_hash, "parent": parent})
        counts = encode.write(records, tokenizer, config.train.max_tokens, out / "tokens")
    if (out / RESULT).exists():
        print(f"{out / RESULT} is finished")
        return
    learner, progress = _learner(config, base, tokenizer, out, counts)
    save = last_whole(out)
    learner.train(resume_from_checkpoint=str(save) if save else None)
    facts = {
        "name": config.name, "stage": "sft", "parent": parent, "prompt_style": records.style,
        "narrative_style": _tells(base, records), "prompt_version": PROMPT_VERSION, "config": source,
        "tasks": list(dict.fromkeys([*lineage.said(base).get("tasks", ()), *records.tasks()])),
        "config_hash": digest(config), "data_hash": records.data_hash, "records": counts, "tokens": progress.tokens,
        "seconds": round(progress.seconds),
    }  # fmt: skip
    finish(learner, out, facts)


def _base(config: SftConfig) -> Path:
    """The folder of what is fine-tuned, checked if it is a checkpoint. Raises CheckpointError, InputError."""
    with PartialState().local_main_process_first():
        path = lineage.locate(config.model, config.revision)
    if (path / MANIFEST).exists():
        verify_files(path, read_manifest(path))
    elif told := lineage.said(path):  # the result of a run, not exported
        lineage.version(told, path / lineage.RUN)
    return path


def _check_styles(config: SftConfig, base: Path, data: Source) -> None:
    """Raises InputError where what is fine-tuned says of itself that it speaks or tells otherwise than the data."""
    said = lineage.said(base)
    if (speaks := said.get("prompt_style", data.style)) != data.style:
        raise InputError(f"model {config.model} speaks the {speaks} style, the data is in the {data.style} style")
    tells = said.get("narrative_style")
    # A short run on the other kind would leave a model between both. What speaks the chat style was made elsewhere, and
    # is taught whatever its data tells.
    if data.style == "tagged" and tells != data.narrative and {tells, data.narrative} <= {*NARRATIVES.values()}:
        raise InputError(f"model {config.model} tells {tells} narratives, the data {data.narrative} ones")


def _tells(base: Path, data: Source) -> str:
    """The narrative style of the result: that of the data; where it has none, what the base tells stays as it is."""
    usual = "compact" if data.style == "tagged" else "prose"
    return data.narrative or lineage.said(base).get("narrative_style", usual)


def _tokenizer(config: SftConfig, base: Path, style: str) -> encode.Tokenizer:
    """The tokenizer, with the configured end token. Raises InputError where it does not fit the data."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"model {config.model} has no usable tokenizer: {str(error).splitlines()[0]}") from None
    if config.end_token:
        if config.end_token not in tokenizer.get_vocab():
            raise InputError(f"model {config.model}: its tokenizer has no end_token {config.end_token}")
        tokenizer.eos_token = config.end_token
    if reason := encode.misfit(tokenizer, style):
        raise InputError(f"model {config.model}: its tokenizer does not fit data in the {style} style: {reason}")
    return tokenizer


def _learner(
    config: SftConfig, base: Path, tokenizer: encode.Tokenizer, out: Path, counts: dict[str, dict[str, int]]
) -> tuple[trainer.Trainer, Progress]:
    """Trainer and callback, what a killed run left unfinished swept away."""
    state = PartialState()
    if state.is_main_process:
        sweep(out)
    state.wait_for_everyone()
    evaluated = min(config.train.validation_records, counts["validation"]["kept"])
    save = last_whole(out)
    settings = trainer.arguments(config, out, evaluated > 0, fresh=save is None)
    model = _model(config, base, tokenizer)  # after `settings`, which set up sharding
    train, validation = (Dataset.from_file(str(encode.path(out / "tokens", split))) for split in counts)
    progress = Progress(out)
    progress.go_on_from(save)
    learner = trainer.Trainer(
        model=model, args=settings, train_dataset=train, processing_class=tokenizer, callbacks=[progress],
        eval_dataset=validation.select(range(evaluated)) if evaluated else None,
        peft_config=trainer.adapter(config.lora),
    )  # fmt: skip
    learner.remove_callback(PrinterCallback)  # the log has it all
    for own in getattr(learner.model, "peft_config", {}).values():
        own.base_model_name_or_path, own.revision = config.model, config.revision  # not this machine's path
    return learner, progress


def _model(config: SftConfig, base: Path, tokenizer: encode.Tokenizer) -> Any:
    """The weights. Raises CheckpointError, InputError where tokenizer or records are larger than the model."""
    kind = torch.bfloat16 if config.train.bf16 and config.lora.rank else torch.float32
    try:
        model = AutoModelForCausalLM.from_pretrained(
            base, local_files_only=True, dtype=kind, attn_implementation=config.train.attention
        )
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        raise CheckpointError(f"model {config.model} cannot be loaded: {str(error).splitlines()[0]}") from None
    if len(tokenizer) > model.config.get_text_config().vocab_size:
        raise InputError(f"model {config.model}: its tokenizer has more entries than its weights")
    if config.train.max_tokens > (room := model.config.get_text_config().max_position_embeddings):
        raise InputError(f"max_tokens {config.train.max_tokens} is more than the {room} of model {config.model}")
    if config.train.packing != "none" and model._is_stateful:
        raise InputError(f"packing is proven for attention alone, and model {config.model} carries a state")
    return model
