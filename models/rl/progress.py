"""What is logged of reinforcement learning: a line for each step and task, and one for each step of the optimizer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accelerate import PartialState

from models.rl import record
from models.rl.record import Fact
from models.training.log import append
from models.training.saves import Saves

NAMES = ("loss", "grad_norm", "learning_rate", "entropy")
"""The optimizer's numbers that are logged."""


class Progress(Saves):
    """The log; `tokens` are those that were there to learn from, counted in every process."""

    def __init__(self, out: Path, group: int, budget: int = 0) -> None:
        """`budget` is in tokens; 0 is none."""
        super().__init__(out)
        self._group, self._budget = group, budget

    def spent(self) -> bool:
        """Whether the budget is used up."""
        return 0 < self._budget <= self.tokens

    def on_step_end(self, _args: Any, _state: Any, control: Any, **_: Any) -> None:
        """Make the step that used up the budget the last one."""
        control.should_training_stop = control.should_training_stop or self.spent()

    def report(self, step: int, facts: list[Fact]) -> None:
        """Count and log what a step's episodes were, those of all processes."""
        self.tokens += sum(fact.length for fact in facts)
        if not PartialState().is_main_process:
            return
        lines = record.lines(facts, self._group)
        append(self.log, step, lines)
        told = "; ".join(f"{x['task']} {x['accuracy'] or 0:.0%}, {x['skipped']}/{x['groups']} skipped" for x in lines)
        print(f"step {step}: {told}", flush=True)

    def learned(self) -> list[str]:
        """The tasks that the run learned something of, in all of its sessions; known in the process that logs."""
        if not PartialState().is_main_process:
            return []
        return record.learned(json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines())

    def line(self, logs: Mapping[str, Any], step: int, main: bool) -> None:
        """Log the optimizer's numbers."""
        if "loss" in logs and main:
            line = {name: float(logs[name]) for name in NAMES if logs.get(name) is not None}
            append(self.log, step, [{**line, "seconds": self.seconds}])
