"""The one file that knows TRL: what a configuration means to its SFT trainer, and the few things it does otherwise."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig as PeftLora
from trl import SFTConfig, SFTTrainer

from models.sft import config as configs
from models.training.writing import written
from workers.pipeline.errors import InputError


def arguments(config: configs.SftConfig, out: Path, evaluates: bool, fresh: bool) -> SFTConfig:
    """TRL's arguments; records are prepared, so nothing here cuts or masks. Raises InputError for unequal shares.

    `evaluates`: there is a validation split; `fresh`: the run does not go on from a save.
    """
    t, processes = config.train, int(os.environ.get("WORLD_SIZE", 1))
    if t.batch % (t.micro * processes):
        raise InputError(f"batch {t.batch} is not shared equally by {processes} processes with micro {t.micro}")
    return SFTConfig(
        output_dir=str(out), seed=config.seed, num_train_epochs=t.epochs, max_steps=t.steps or -1, report_to="none",
        disable_tqdm=True, logging_steps=1, logging_nan_inf_filter=False, save_steps=t.save_steps, save_total_limit=2,
        eval_strategy="steps" if evaluates else "no", eval_steps=t.eval_steps, eval_on_start=evaluates and fresh,
        per_device_eval_batch_size=t.micro, prediction_loss_only=True, learning_rate=t.lr,
        lr_scheduler_type="cosine", warmup_steps=t.warmup_steps, weight_decay=t.weight_decay,
        max_grad_norm=t.grad_clip, per_device_train_batch_size=t.micro,
        gradient_accumulation_steps=t.batch // (t.micro * processes), bf16=t.bf16,
        gradient_checkpointing=t.gradient_checkpointing, use_cpu=not torch.cuda.is_available(),
        packing=t.packing != "none", packing_strategy="bfd", eos_token=config.end_token or None,
        max_length=t.max_tokens if t.packing != "none" else None,
    )  # fmt: skip


def adapter(config: configs.LoraConfig) -> PeftLora | None:
    """PEFT's arguments: every linear layer but the last one; None for full fine-tuning."""
    if not config.rank:
        return None
    return PeftLora(
        r=config.rank, lora_alpha=config.alpha, lora_dropout=config.dropout, target_modules="all-linear",
        task_type="CAUSAL_LM",
    )  # fmt: skip


class Trainer(SFTTrainer):
    """TRL's, without a model card, and with one clear error where a save cannot be written.

    Names with `_` are private ones of transformers 5.17; the tests of resuming and of a full disk fail without them.
    """

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """None: `run.json` says what a result is."""

    def _run_epoch(self, **loop: Any) -> None:
        """Nothing where the last step is done: transformers would take one more when it goes on from the last save."""
        if self.state.global_step < self.state.max_steps:
            super()._run_epoch(**loop)

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """As TRL's. Raises SaveFailed."""
        with written(output_dir):
            super().save_model(output_dir, _internal_call)

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        with written(output_dir):
            super()._save_optimizer_and_scheduler(output_dir)

    def _save_rng_state(self, output_dir: str) -> None:
        with written(output_dir):
            super()._save_rng_state(output_dir)
