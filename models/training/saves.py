"""What happens around the optimizer's steps: the log, the clock, and saves of which an unfinished one is never used."""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accelerate import PartialState
from transformers import TrainerCallback

from models.dataset import folder
from models.training.log import LOG, rewind
from workers.pipeline.errors import DeskcheckError

WHOLE = "whole.json"
"""Written into a save when everything else of it is there."""
NUMBERS = ("loss", "grad_norm", "eval_loss")
"""What must be finite in the trainer's logs."""


class TrainingDiverged(DeskcheckError):
    """The loss or its gradient is no longer a number."""


class Saves(TrainerCallback):
    """Keeps time over all sessions of a run, marks whole saves, and stops a run that has diverged.

    A stage adds what it logs, by `line`.
    """

    def __init__(self, out: Path) -> None:
        self.log = out / LOG
        self._before, self._since = 0.0, time.monotonic()
        self.tokens = 0
        """Tokens so far, over all processes and sessions, as the stage counts them."""

    @property
    def seconds(self) -> float:
        """Wall time of the run, what a killed session lost not counted."""
        return round(self._before + time.monotonic() - self._since, 1)

    def go_on_from(self, save: Path | None) -> None:
        """Set clock and log back to a save, or to nothing."""
        facts: dict[str, Any] = {"step": 0, "seconds": 0.0, "tokens": 0}
        if save:
            facts = json.loads((save / WHOLE).read_text(encoding="utf-8"))
        self._before, self._since, self.tokens = facts["seconds"], time.monotonic(), facts["tokens"]
        if PartialState().is_main_process:
            rewind(self.log, facts["step"])

    def line(self, logs: Mapping[str, Any], step: int, main: bool) -> None:
        """Log what the trainer tells; `main` is true in the process that writes."""
        raise NotImplementedError

    def on_log(self, _args: Any, state: Any, _control: Any, **told: Any) -> None:
        """Log a step or an evaluation. Raises TrainingDiverged, before such weights are saved."""
        logs: dict[str, Any] = told["logs"]
        for name in NUMBERS:
            if name in logs and not math.isfinite(float(logs[name])):
                raise TrainingDiverged(f"{name} is {logs[name]} at step {state.global_step}")
        self.line(logs, state.global_step, state.is_world_process_zero)

    def on_save(self, args: Any, state: Any, _control: Any, **_: Any) -> None:
        """Mark a save as whole, once every process is done with its share."""
        PartialState().wait_for_everyone()
        if state.is_world_process_zero:
            facts = {"step": state.global_step, "seconds": self.seconds, "tokens": self.tokens}
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
