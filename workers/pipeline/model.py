"""What every stage is handed: a completer, and how the model behind it speaks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workers.pipeline.believe import Belief, Others
from workers.pipeline.calibrate import Bin
from workers.pipeline.completer import Completer
from workers.pipeline.config import PipelineConfig
from workers.pipeline.types import Prompt, PromptStyle

CHARACTERS = 2
"""Of a token. Three are usual, fewer than two where there are many numbers: then a request may be refused once."""


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
    belief: Belief | Others | None = None
    """How much its predictions, and of its own programs its log-probabilities, say; None where it was not measured."""
    others: tuple[Others, ...] = ()
    """Calibration and belief for programs that it did not write, for one or more numbers of votes."""
    votes: int = 1
    """How many runs of each prediction calibration and belief were measured with. Of other numbers they say nothing."""

    def of_others(self, config: PipelineConfig) -> Model:
        """The same model for programs that it did not write, believed as far as was measured of such votes."""
        for measured in self.others:
            if measured.votes == config.votes and (config.votes == 1 or config.voting != "samples"):
                return replace(self, calibration=measured.calibration, belief=measured, votes=config.votes)
        return replace(self, belief=None)

    def room(self, max_tokens: int, prompt: Prompt) -> int:
        """`max_tokens`, or what the context leaves beside the prompt where that is less, as far as its length tells.

        Servers refuse a request whose prompt and `max_tokens` together pass the context. The completer then asks once
        more for all that fits: so where too little would seem left, five eighths are asked for.
        """
        if self.context_length is None:
            return max_tokens
        left = self.context_length - prompt.characters // CHARACTERS
        return max(1, min(max_tokens, max(left, self.context_length * 5 // 8)))
