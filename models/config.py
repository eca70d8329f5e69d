"""Trainer configuration: short TOML files, typed and closed (an unknown key is an error)."""

from __future__ import annotations

import dataclasses
import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workers.pipeline.errors import InputError


@dataclass(frozen=True, slots=True)
class DatasetConfig:
    """What the training records are drawn from."""

    seed: int = 1
    records: int = 1000
    shard_records: int = 20_000
    vocab_size: int = 896
    max_tokens: int = 640
    """Longer records are dropped and counted."""
    predict: float = 0.76
    """Share of records of the predict task; likewise below. The rest is fix."""
    solve: float = 0.12
    drills: float = 0.15
    """Share of predict records whose program is a single expression."""
    composed: float = 0.55
    """Share of the others whose program comes from a stated problem (right or wrong); the rest is random."""
    wrong: float = 0.45
    """Share of composed programs that compute something slightly else than stated."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A Llama-architecture model."""

    hidden: int = 64
    layers: int = 2
    heads: int = 1
    intermediate: int = 128
    context: int = 1024
    rope_theta: float = 10_000.0


@dataclass(frozen=True, slots=True)
class PretrainConfig:
    """One training run. It stops on a wall-clock or a token budget, the learning rate decayed to zero by then."""

    seed: int = 1
    init: str = ""
    """Checkpoint folder whose weights the run starts from; empty: random ones."""
    seconds: float | None = None
    """Wall-clock budget over all sessions of the run, evaluation and compilation included."""
    tokens: int | None = None
    """Token budget; needed if `seconds` is not set."""
    batch_tokens: int = 8192
    """Tokens per optimizer step, padding included, over all processes."""
    lr: float = 0.003
    """Peak rate of AdamW (embeddings, norms) and, scaled to match, of Muon (matrices)."""
    weight_decay: float = 0.05
    warmup_steps: int = 50
    decay: float = 0.4
    """Share of the budget over which the rate falls linearly to zero."""
    short_first: float = 0.06
    """Share of the budget in which only records of up to 192 tokens are seen."""
    grad_clip: float = 1.0
    bf16: bool = False
    compile: bool = False
    save_seconds: float = 300.0
    log_steps: int = 20
    validation_records: int = 256


@dataclass(frozen=True, slots=True)
class TrainerConfig:
    """One file for a checkpoint: data, model and run."""

    name: str
    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    pretrain: PretrainConfig = field(default_factory=PretrainConfig)


def load(path: Path) -> TrainerConfig:
    """Read a TOML file. Raises InputError for a missing file, bad TOML, an unknown key or a value of the wrong type."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such configuration file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid TOML: {error}") from None
    sections = {"dataset": DatasetConfig, "model": ModelConfig, "pretrain": PretrainConfig}
    unknown = set(raw) - set(sections) - {"name"}
    if unknown or not isinstance(raw.get("name"), str):
        raise InputError(f"{path}: " + (f"unknown key {sorted(unknown)[0]!r}" if unknown else "needs a name"))
    parts: dict[str, Any] = {
        key: _section(kind, raw.get(key, {}), f"{path}: [{key}]") for key, kind in sections.items()
    }
    config = TrainerConfig(raw["name"], **parts)
    if config.pretrain.seconds is None and config.pretrain.tokens is None:
        raise InputError(f"{path}: [pretrain] needs seconds or tokens")
    return config


def _section(kind: type[Any], raw: object, where: str) -> object:
    if not isinstance(raw, dict):
        raise InputError(f"{where} must be a table")
    fields = {f.name: f for f in dataclasses.fields(kind)}
    values: dict[str, object] = {}
    for key, value in raw.items():
        if key not in fields:
            raise InputError(f"{where} unknown key {key!r}")
        wanted = str(fields[key].type).replace(" | None", "")
        if wanted == "float" and type(value) is int:
            value = float(value)
        if type(value).__name__ != wanted:
            raise InputError(f"{where} {key} must be {wanted}, not {type(value).__name__}")
        values[key] = value
    return kind(**values)


def digest(config: object) -> str:
    """sha256 over a resolved configuration, in hex."""
    return hashlib.sha256(repr(config).encode()).hexdigest()
