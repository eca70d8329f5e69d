"""What a measurement is made of, and the embedded engine on its models."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from models.ablate.sizes import Sizes
from models.eval.engine import served
from workers.pipeline.config import PipelineConfig
from workers.pipeline.model import Model

CONCURRENCY = 256
STRIDE = 1000
"""Seeds of two repetitions lie so far apart that no sample of one is a sample of the other."""


@dataclass(frozen=True, slots=True)
class Given:
    """One measurement of one arm."""

    checkpoints: tuple[Path, ...]
    """The arm's models, in its order."""
    items: Path
    seed: int
    sizes: Sizes
    threads: int
    """Cores the engine may use."""

    def writer(self) -> AbstractAsyncContextManager[Model]:
        """The model that writes programs, served."""
        return served(self.checkpoints[0], CONCURRENCY, self.threads)

    def judge(self) -> AbstractAsyncContextManager[Model]:
        """The model that says what programs do, served."""
        return served(self.checkpoints[-1], CONCURRENCY, self.threads)

    def config(self) -> PipelineConfig:
        """As in serving, with seeds of its own."""
        return PipelineConfig(seed=self.seed * STRIDE, concurrency=CONCURRENCY)
