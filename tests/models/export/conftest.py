"""One thread for torch, and results of runs in the form that fine-tuning leaves them in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from models.lineage import RUN, parent
from tests.tiny import make_tiny_checkpoint
from workers.pipeline.prompts import PROMPT_VERSION


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random checkpoint, wide enough that what is written depends on the prompt and no two logits are close."""
    return make_tiny_checkpoint(tmp_path_factory.mktemp("base"), seed=3)


def finish(run: Path, base: Path, **changes: Any) -> None:
    """Let a run say of its result what fine-tuning says."""
    told = {
        "name": "t", "stage": "sft", "parent": parent(base), "prompt_style": "tagged", "narrative_style": "compact",
        "tasks": ["solve", "predict"], "config": "t.toml", "config_hash": "1" * 64, "data_hash": "2" * 64,
        "tokens": 5000, "seconds": 7, "prompt_version": PROMPT_VERSION,
    } | changes  # fmt: skip
    (run / "model" / RUN).write_text(json.dumps(told))


def make_run(run: Path, base: Path, scale: float = 1.0) -> Path:
    """A finished run whose weights are those of the base, changed by less than float16 can hold in part."""
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for value in model.parameters():
            value.mul_(scale * (1 + 0.05 * torch.rand(value.shape, generator=generator)))
    model.config.use_cache = False  # as training leaves it
    model.save_pretrained(run / "model")
    AutoTokenizer.from_pretrained(base).save_pretrained(run / "model")
    finish(run, base)
    return run


@pytest.fixture(scope="session")
def full_run(tmp_path_factory: pytest.TempPathFactory, base: Path) -> Path:
    return make_run(tmp_path_factory.mktemp("full"), base)


@pytest.fixture(scope="session")
def adapter_run(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that ended with an adapter; both of its matrices are random, so it changes what the base computes."""
    run = tmp_path_factory.mktemp("adapter")
    settings = peft.LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
    torch.manual_seed(0)
    settings.init_lora_weights = False
    model = peft.get_peft_model(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), settings)
    model.save_pretrained(run / "model")
    AutoTokenizer.from_pretrained(base).save_pretrained(run / "model")
    finish(run, base)
    return run
