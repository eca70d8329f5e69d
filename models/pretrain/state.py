"""The last save of a run, `state.pt`: replaced in one move, and said to be damaged where it is."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch

from models.training.writing import written
from workers.pipeline.errors import InputError

STATE = "state.pt"
PARTS = {"model", "optimizers", "progress"}
DAMAGES = (RuntimeError, EOFError, LookupError, ValueError, TypeError, AttributeError, pickle.UnpicklingError)
"""What torch raises for a file that is cut, changed or none of its own."""


def save(path: Path, state: dict[str, Any]) -> None:
    """Put `state` in the place of what was saved before. Raises SaveFailed; what was there is then there still."""
    temporary = path.with_name(f".{path.name}")
    with written(path):
        torch.save(state, temporary)
        temporary.replace(path)


def load(path: Path, device: str = "cpu") -> dict[str, Any]:
    """What was saved. Raises InputError where it cannot be read, or is no state of a run."""
    try:
        state: Any = torch.load(path, map_location=device, weights_only=True)
    except DAMAGES as error:
        raise InputError(f"{path} is damaged: {_reason(error)}") from error
    if not isinstance(state, dict) or not state.keys() >= PARTS:
        raise InputError(f"{path} is no save of a run")
    return state


def unfit(path: Path, error: Exception) -> InputError:
    """What is said of a save that does not fit what is made of it."""
    return InputError(f"{path} does not fit this configuration: {_reason(error)}")


def _reason(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
