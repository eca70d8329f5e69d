"""The losses of a run, read from the device one step late: it has its next step before the host waits for a number."""

from __future__ import annotations

import math

import torch

from workers.pipeline.errors import DeskcheckError


class TrainingDiverged(DeskcheckError):
    """The loss is no longer a number."""


class Losses:
    """Their mean between two reports."""

    def __init__(self) -> None:
        self._late: tuple[int, torch.Tensor] | None = None
        self._sum, self._count = 0.0, 0

    def add(self, step: int, loss: torch.Tensor) -> None:
        """Keep the loss of a step, a tensor of no axes; raises TrainingDiverged if the one before was no number."""
        self.read()
        self._late = step, loss

    def read(self) -> None:
        """Wait for the loss that was kept last. Raises TrainingDiverged."""
        if self._late is None:
            return
        step, value = self._late[0], float(self._late[1])
        self._late = None
        if not math.isfinite(value):
            raise TrainingDiverged(f"loss is {value} at step {step}")
        self._sum, self._count = self._sum + value, self._count + 1

    def mean(self) -> float:
        """Over all steps since the last call, the newest one included. Raises TrainingDiverged."""
        self.read()
        mean = self._sum / max(1, self._count)
        self._sum, self._count = 0.0, 0
        return mean
