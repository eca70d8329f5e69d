"""What every stage is handed: a completer, and how the model behind it speaks."""

from __future__ import annotations

from dataclasses import dataclass

from workers.pipeline.calibrate import Bin
from workers.pipeline.completer import Completer
from workers.pipeline.types import PromptStyle


@dataclass(frozen=True, slots=True)
class Model:
    """A model as the pipeline sees it."""

    completer: Completer
    style: PromptStyle
    context_length: int | None = None
    """Tokens of prompt and completion together; None where it is not known."""
    calibration: tuple[Bin, ...] = ()
    """Measured accuracy by raw confidence; empty where it was not measured."""
    name: str = "model"

    def room(self, max_tokens: int) -> int:
        """`max_tokens`, or less where the whole context is shorter than that."""
        return max_tokens if self.context_length is None else max(1, min(max_tokens, self.context_length - 1))
