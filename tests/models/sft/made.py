"""What fine-tuning needs, in miniature: a random model, data sets in both styles, a configuration file."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from models.config import DataConfig, SourceConfig
from models.dataset import schema
from models.dataset.build import build
from models.sft import __main__ as command
from tests.tiny import CONTEXT, make_tiny_checkpoint
from workers.pipeline.prompts import PROMPT_VERSION

SOURCES = (SourceConfig("drill"), SourceConfig("random"), SourceConfig("composed", predict=0.5, solve=0.25, fix=0.25))
CHAT_TEMPLATE = (
    "{% for m in messages %}<|code|>{{ m['role'] }}\n{{ m['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|code|>assistant\n{% endif %}"
)
"""Turns that end in a token and a line break, as in ChatML."""
SHORT = 192
"""Tokens; about half of the records are longer."""


def make_tagged(folder: Path) -> Path:
    """A data set of short programs, from the command that makes data sets."""
    build(DataConfig("t", SOURCES, rows=160, parts=1, max_chars=500, validation=0.1, test=0.0), folder, 1)
    return folder


def counting(data: Path, folder: Path, narratives: dict[str, int]) -> Path:
    """A copy of a data set whose manifest counts other narratives."""
    shutil.copytree(data, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"narratives": narratives}))
    return folder


def make_chat(folder: Path) -> Path:
    """A data set in the chat style, made by hand; its rows say little."""
    rows = [
        {
            **dict.fromkeys(schema.COLUMNS, ""), "task": "predict", "prompt": [{"role": "user", "content": f"{n}+{n}"}],
            "completion": [{"role": "assistant", "content": str(n + n)}], "finishes": None, "steps": None,
            "correct": None, "difficulty": None, "tests": None,
        }
        for n in range(20)
    ]  # fmt: skip
    (folder / "data").mkdir(parents=True)
    name = "data/train-00000-of-00001.parquet"
    schema.write(folder / name, schema.table(rows, "chat"))
    manifest = {
        "config": {"style": "chat", "narrative": "prose"}, "versions": {"prompt_version": PROMPT_VERSION},
        "files": {name: {"sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()}},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def make_chat_model(folder: Path) -> Path:
    """The random model with a chat template as instruction-tuned models have it, and no manifest."""
    make_tiny_checkpoint(folder)
    (folder / "manifest.json").unlink()
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"chat_template": CHAT_TEMPLATE}))
    return folder


def make_toml(path: Path, model: Path, top: str = "", **train: Any) -> Path:
    """A configuration of 24 steps in a second or two; `train` goes to its section, `top` is lines before it."""
    settings = {
        "steps": 24, "batch": 8, "micro": 8, "max_tokens": SHORT, "lr": 3e-3, "warmup_steps": 2, "save_steps": 8,
        "eval_steps": 24, "validation_records": 64,
    } | train  # fmt: skip
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items() if value is not None]
    path.write_text(f'name = "t"\nmodel = "{model}"\n{top}\n[train]\n' + "\n".join(lines))
    return path


def call(monkeypatch: pytest.MonkeyPatch, config: Path, data: Path, out: Path) -> None:
    """`python -m models.sft` in this process."""
    monkeypatch.setattr(sys, "argv", ["sft", "--config", str(config), "--data", str(data), "--out", str(out)])
    command.main()


def start(monkeypatch: pytest.MonkeyPatch, folder: Path, model: Path, data: Path, **train: Any) -> Path:
    """A run with a configuration of its own, to its end; its folder."""
    top = train.pop("top", "")
    call(monkeypatch, make_toml(folder / "t.toml", model, top, **train), data, folder / "out")
    return folder / "out"


def log(out: Path) -> list[dict[str, Any]]:
    """The lines of a run's log without its clock."""
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


assert SHORT < CONTEXT
