"""What is logged of reinforcement learning: a line for each step and task, and one for each step of the optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.rl import record
from models.rl.record import Fact
from models.training.log import append
from models.training.saves import Saves

NAMES = ("loss", "grad_norm", "learning_rate", "entropy")
"""The optimizer's numbers that are logged."""


class Progress(Saves):
    """The log; `tokens` are those that the policy has written."""

    def __init__(self, out: Path, group: int) -> None:
        super().__init__(out)
        self._group = group

    def report(self, step: int, facts: list[Fact]) -> None:
        """Log what a step's episodes were."""
        lines = record.lines(facts, self._group)
        self.tokens += sum(fact.tokens for fact in facts)
        append(self.log, step, lines)
        told = "; ".join(f"{x['task']} {x['accuracy'] or 0:.0%}, {x['skipped']}/{x['groups']} skipped" for x in lines)
        print(f"step {step}: {told}", flush=True)

    def line(self, logs: Mapping[str, Any], step: int, main: bool) -> None:
        """Log the optimizer's numbers."""
        if "loss" in logs and main:
            line = {name: float(logs[name]) for name in NAMES if logs.get(name) is not None}
            append(self.log, step, [{**line, "seconds": self.seconds}])
