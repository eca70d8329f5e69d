"""What is logged of fine-tuning: a line for each step, and one for each evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.training.log import append
from models.training.saves import Saves

NAMES = {"loss": "loss", "grad_norm": "grad_norm", "learning_rate": "learning_rate", "mean_token_accuracy": "accuracy"}
"""What the trainer calls its numbers → what the log calls them."""


class Progress(Saves):
    """The log; `tokens` are those seen, prompts included and padding not."""

    def go_on_from(self, save: Path | None) -> None:
        """Set clock and log back to a save, or to nothing."""
        super().go_on_from(save)
        self._earlier = self.tokens

    def line(self, logs: Mapping[str, Any], step: int, main: bool) -> None:
        """Log a step or an evaluation."""
        if "loss" in logs:
            self.tokens = self._earlier + int(logs["num_tokens"])  # the trainer counts from the start of its session
            line: dict[str, Any] = {ours: round(float(logs[name]), 9) for name, ours in NAMES.items() if name in logs}
        elif "eval_loss" in logs:
            line = {"validation": logs["eval_loss"], "accuracy": logs["eval_mean_token_accuracy"]}
        else:  # the summary at the end
            return
        if main:
            line |= {"tokens": self.tokens, "seconds": self.seconds}
            append(self.log, step, [line])
            print({"step": step, **line}, flush=True)
