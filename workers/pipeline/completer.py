"""The one seam to a model: a request goes in, one completion comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from workers.pipeline.types import Completion, Prompt


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One prompt with the numbers that decide how it is continued."""

    prompt: Prompt
    max_tokens: int
    temperature: float = 0.0
    """0 means greedy."""
    top_p: float = 1.0
    seed: int | None = None


class Completer(Protocol):
    """Anything that can continue a prompt. One request gives one completion (`n` is never asked for)."""

    async def complete(self, request: CompletionRequest) -> Completion:
        """Continue one prompt.

        Cancelling the awaiting task aborts the request at the server. Raises `CompleterError` or `ContextLengthError`.
        """
        ...
