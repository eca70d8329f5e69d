"""What a measurement is made of, and the embedded engine on its models."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from models.ablate.sizes import Sizes
from models.ablate.together import Together
from models.eval.engine import served
from models.training.form import convert
from workers.pipeline.config import PipelineConfig
from workers.pipeline.model import Model
from workers.pipeline.prompts.tagged import END

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

    @contextmanager
    def together(self, model: Model, checkpoint: Path, count: int) -> Iterator[Model]:
        """The model with `count` samples of each prompt drawn at once, where that can be done here."""
        if model.style != "tagged":
            yield model
            return
        with tempfile.TemporaryDirectory() as folder:
            form = convert(checkpoint, Path(folder) / "form", END)
            yield replace(model, completer=Together(model, form, checkpoint, self.config().seed, count))

    def config(self) -> PipelineConfig:
        """As in serving, with seeds of its own."""
        return PipelineConfig(seed=self.seed * STRIDE, concurrency=CONCURRENCY)
