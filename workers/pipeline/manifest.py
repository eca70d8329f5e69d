"""A checkpoint's manifest: what the weights in a folder are, and whether this code can speak to them.

Reads and checks; does not load weights and does not know how they were made.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args

from workers.pipeline.believe import Belief, Others, Prior
from workers.pipeline.calibrate import Bin
from workers.pipeline.errors import CheckpointError
from workers.pipeline.prompts import PROMPT_VERSION
from workers.pipeline.types import PromptStyle, Verdict

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The fields of `manifest.json`, under the same names."""

    name: str
    parameters: int
    context_length: int
    """Tokens of prompt and completion together."""
    prompt_version: int
    prompt_style: PromptStyle
    narrative_style: str
    """`compact`, `spelled` or `stepped` (compact with small steps), `prose`, or `direct` (none)."""
    tasks: tuple[str, ...]
    """Of solve, predict, fix, verify."""
    config: str
    """Name of the training configuration that made it."""
    data_hash: str
    config_hash: str
    training: Mapping[str, float]
    """`tokens` and `seconds` at least."""
    evaluation: Mapping[str, Any]
    calibration: tuple[Bin, ...]
    """Measured accuracy by raw confidence; empty where it was not measured."""
    files: Mapping[str, str]
    """File name → sha256 in hex, of every other file in the folder."""
    belief: Belief | None = None
    """How much a prediction and the model's own probability say of a program; may be left out, where not measured."""
    others: tuple[Others, ...] = ()
    """Calibration and belief for programs that the model did not write; may be left out, where not measured."""


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a checkpoint folder. Raises `CheckpointError` if there is none that this code can speak to."""
    path = folder / MANIFEST
    if not folder.is_dir():
        raise CheckpointError(f"checkpoint {folder}: no such folder")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(f"checkpoint {folder}: no {MANIFEST}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"checkpoint {folder}: {MANIFEST} cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise CheckpointError(f"checkpoint {folder}: {MANIFEST} is not a JSON object")
    _check_version(folder, data.get("prompt_version"))
    told: dict[str, Any] = {"belief": None, "others": []} | data
    values = {field.name: _field(folder, told, field.name) for field in fields(Manifest)}
    return Manifest(**values)  # type: ignore[arg-type]  # each reader below returns its field's type


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Check every file of the checkpoint against its sha256. Raises `CheckpointError` naming the first bad one."""
    for name, expected in manifest.files.items():
        try:
            with (folder / name).open("rb") as file:
                actual = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise CheckpointError(f"checkpoint {folder}: {name} cannot be read: {error.strerror}") from error
        if actual != expected:
            raise CheckpointError(f"checkpoint {folder}: {name} is damaged: its sha256 is not the manifest's")


def _check_version(folder: Path, version: object) -> None:
    """First of all checks: another version may name its fields differently."""
    if version != PROMPT_VERSION and version is not None:
        raise CheckpointError(
            f"checkpoint {folder} speaks PROMPT_VERSION {version}, this code speaks {PROMPT_VERSION}: "
            "use a checkpoint and a release that agree"
        )


def _field(folder: Path, data: Mapping[str, Any], name: str) -> object:
    if name not in data:
        raise CheckpointError(f"checkpoint {folder}: {MANIFEST} lacks {name!r}")
    try:
        return _READERS[name](data[name])
    except (TypeError, ValueError, KeyError):
        raise CheckpointError(f"checkpoint {folder}: {MANIFEST} has an unusable {name!r}") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError
    return value


def _style(value: object) -> str:
    if value not in get_args(PromptStyle):
        raise ValueError
    return _text(value)


def _tasks(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(_text(task) for task in value)


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _training(value: object) -> dict[str, float]:
    numbers = {name: _number(number) for name, number in _mapping(value).items()}
    return {"tokens": numbers["tokens"], "seconds": numbers["seconds"], **numbers}


def _bins(value: object) -> tuple[Bin, ...]:
    if not isinstance(value, list):
        raise TypeError
    rows = [_mapping(row) for row in value]
    return tuple(Bin(_number(r["low"]), _number(r["high"]), _number(r["accuracy"]), _count(r["count"])) for r in rows)


def _belief(value: object) -> Belief | None:
    if value is None:
        return None
    data = _mapping(value)
    prior = {field.name: _finite(_mapping(data["prior"])[field.name]) for field in fields(Prior)}
    ratios = {verdict: _finite(_mapping(data["ratios"])[verdict]) for verdict in Verdict}
    carry = _finite(data["carry"])
    if min(ratios.values()) <= 0 or not 0 <= carry <= 1:
        raise ValueError
    return Belief(Prior(**prior), ratios, carry)


def _others(value: object) -> tuple[Others, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(_measured(entry) for entry in value)


def _measured(value: object) -> Others:
    data = _mapping(value)
    calibration, slip, votes = _bins(data["calibration"]), _finite(data["slip"]), _count(data["votes"])
    if not calibration or not 0 < slip <= 1 or not votes:
        raise ValueError
    return Others(calibration, slip, votes)


def _finite(value: object) -> float:
    if not math.isfinite(number := _number(value)):
        raise ValueError
    return number


_READERS: Mapping[str, Callable[[Any], object]] = {
    "name": _text,
    "parameters": _count,
    "context_length": _count,
    "prompt_version": _count,
    "prompt_style": _style,
    "narrative_style": _text,
    "tasks": _tasks,
    "config": _text,
    "data_hash": _text,
    "config_hash": _text,
    "training": _training,
    "evaluation": _mapping,
    "calibration": _bins,
    "belief": _belief,
    "others": _others,
    "files": lambda value: {name: _text(digest) for name, digest in _mapping(value).items()},
}
