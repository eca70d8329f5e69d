"""What happens around the optimizer's steps: the log, the clock, and saves of which an unfinished one is never used."""

from __future__ import annotations

import json
import math
import shutil
import time
from pathlib import Path
from typing import Any

from accelerate import PartialState
from transformers import TrainerCallback

from models.dataset import folder
from models.rl import record
from models.rl.record import Fact
from workers.pipeline.errors import DeskcheckError

WHOLE = "whole.json"
"""Written into a save when everything else of it is there."""
LOG = "log.jsonl"


class TrainingDiverged(DeskcheckError):
    """The loss or its gradient is no longer a number."""


class Saves(TrainerCallback):
    """Logs, keeps time over all sessions of a run, marks whole saves, and stops a run that has diverged."""

    def __init__(self, out: Path, group: int) -> None:
        self._log, self._group = out / LOG, group
        self._before, self._since = 0.0, time.monotonic()
        self.tokens = 0
        """Tokens that the policy has written so far."""

    @property
    def seconds(self) -> float:
        """Wall time of the run, what a killed session lost not counted."""
        return self._before + time.monotonic() - self._since

    def report(self, step: int, facts: list[Fact]) -> None:
        """Log what a step's episodes were."""
        lines = record.lines(facts, self._group)
        self.tokens += sum(fact.tokens for fact in facts)
        record.append(self._log, step, lines)
        told = "; ".join(f"{x['task']} {x['accuracy'] or 0:.0%}, {x['skipped']}/{x['groups']} skipped" for x in lines)
        print(f"step {step}: {told}", flush=True)

    def go_on_from(self, save: Path | None) -> None:
        """Set clock and log back to a save, or to nothing."""
        facts: dict[str, Any] = {"step": 0, "seconds": 0.0, "tokens": 0}
        if save:
            facts = json.loads((save / WHOLE).read_text(encoding="utf-8"))
        self._before, self._since, self.tokens = facts["seconds"], time.monotonic(), facts["tokens"]
        record.rewind(self._log, facts["step"])

    def on_log(self, _args: Any, state: Any, _control: Any, **told: Any) -> None:
        """Log the optimizer's numbers. Raises TrainingDiverged, before such weights are saved."""
        logs: dict[str, Any] = told["logs"]
        for name in ("loss", "grad_norm"):
            if name in logs and not math.isfinite(float(logs[name])):
                raise TrainingDiverged(f"{name} is {logs[name]} at step {state.global_step}")
        if "loss" in logs and state.is_world_process_zero:
            names = ("loss", "grad_norm", "learning_rate", "entropy")
            line = {name: float(logs[name]) for name in names if logs.get(name) is not None}
            record.append(self._log, state.global_step, [{**line, "seconds": round(self.seconds, 1)}])

    def on_save(self, args: Any, state: Any, _control: Any, **_: Any) -> None:
        """Mark a save as whole, once every process is done with its share."""
        PartialState().wait_for_everyone()
        if state.is_world_process_zero:
            facts = {"step": state.global_step, "seconds": round(self.seconds, 1), "tokens": self.tokens}
            folder.write_text(Path(args.output_dir) / f"checkpoint-{state.global_step}" / WHOLE, json.dumps(facts))


def last_whole(out: Path) -> Path | None:
    """The newest save that is whole."""
    whole = [save for save in out.glob("checkpoint-*") if (save / WHOLE).exists()]
    return max(whole, key=lambda save: int(save.name.rpartition("-")[2]), default=None)


def sweep(out: Path) -> None:
    """Take away saves that a killed run left unfinished, before they are counted among those that are kept."""
    for save in out.glob("checkpoint-*"):
        if not (save / WHOLE).exists():
            shutil.rmtree(save)
