"""The losses of a run, read from the device one step late: it has its next step before the host waits for a number."""

from __future__ import annotations

import math

import torch

from workers.pipeline.errors import DeskcheckError


class TrainingDiverged(DeskcheckError):
    """The loss, in training or validation, or its gradient is no longer a number."""


def finite(name: str, value: float, step: int) -> float:
    """`value`. Raises TrainingDiverged, with its name and step, where it is no number."""
    if not math.isfinite(value):
        raise TrainingDiverged(f"{name} is {value} at step {step}")
    return value


class Losses:
    """Their mean between two reports."""

    def __init__(self) -> None:
        self._late: tuple[int, torch.Tensor, torch.Tensor | None] | None = None
        self._sum, self._count = 0.0, 0

    def add(self, step: int, loss: torch.Tensor, gradient: torch.Tensor | None = None) -> None:
        """Keep the loss of a step and the norm of its gradient, tensors of no axes.

        Raises TrainingDiverged if one of the step before was no number.
        """
        self.read()
        self._late = step, loss, gradient

    def read(self) -> None:
        """Wait for what was kept last. Raises TrainingDiverged."""
        if self._late is None:
            return
        step, loss, gradient = self._late
        self._late = None
        value = finite("loss", float(loss), step)
        if gradient is not None:  # of a finite loss it may be no number, and then the step has spoilt every weight
            finite("gradient norm", float(gradient), step)
        self._sum, self._count = self._sum + value, self._count + 1

    def mean(self) -> float:
        """Over all steps since the last call, the newest one included. Raises TrainingDiverged."""
        self.read()
        mean = self._sum / max(1, self._count)
        self._sum, self._count = 0.0, 0
        return mean
