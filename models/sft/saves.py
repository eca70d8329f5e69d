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
from workers.pipeline.errors import DeskcheckError

WHOLE = "whole.json"
"""Written into a save when everything else of it is there."""
LOG = "log.jsonl"
NAMES = {"loss": "loss", "grad_norm": "grad_norm", "learning_rate": "learning_rate", "mean_token_accuracy": "accuracy"}
"""What the trainer calls its numbers → what the log calls them."""


class TrainingDiverged(DeskcheckError):
    """The loss or its gradient is no longer a number."""


class Saves(TrainerCallback):
    """Logs, keeps time over all sessions of a run, marks whole saves, and stops a run that has diverged."""

    def __init__(self, out: Path, save: Path | None) -> None:
        """Log and clock go on from a save, or start anew."""
        start: dict[str, Any] = {"step": 0, "seconds": 0.0, "tokens": 0}
        facts: dict[str, Any] = json.loads((save / WHOLE).read_text(encoding="utf-8")) if save else start
        self._log = out / LOG
        self._since = time.monotonic()
        self._seconds: float = facts["seconds"]
        self._tokens: int = facts["tokens"]
        self.tokens = self._tokens
        """Tokens seen so far, prompts included and padding not, over all processes and sessions."""
        if PartialState().is_main_process:
            _rewind(self._log, facts["step"])

    @property
    def seconds(self) -> float:
        """Wall time of the run, what a killed session lost not counted."""
        return round(self._seconds + time.monotonic() - self._since, 1)

    def on_log(self, _args: Any, state: Any, _control: Any, **told: Any) -> None:
        """Log a step or an evaluation. Raises TrainingDiverged, before such weights are saved."""
        logs: dict[str, Any] = told["logs"]
        for name in ("loss", "grad_norm", "eval_loss"):
            if name in logs and not math.isfinite(float(logs[name])):
                raise TrainingDiverged(f"{name} is {logs[name]} at step {state.global_step}")
        if "loss" in logs:
            self.tokens = self._tokens + int(logs["num_tokens"])  # the trainer counts from the start of its session
            line: dict[str, Any] = {ours: round(float(logs[name]), 9) for name, ours in NAMES.items() if name in logs}
        elif "eval_loss" in logs:
            line = {"validation": logs["eval_loss"], "accuracy": logs["eval_mean_token_accuracy"]}
        else:  # the summary at the end
            return
        if state.is_world_process_zero:
            line = {"step": state.global_step, **line, "tokens": self.tokens, "seconds": self.seconds}
            with self._log.open("a", encoding="utf-8") as log:
                log.write(json.dumps(line) + "\n")
            print(line, flush=True)

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


def _rewind(path: Path, step: int) -> None:
    """Take away what a killed run logged after the step it goes on from; a line it was killed in goes too."""
    if path.exists():
        lines = path.read_text(encoding="utf-8").split("\n") if step else []
        folder.write_text(path, "".join(f"{line}\n" for line in lines if _step(line) <= step))


def _step(line: str) -> float:
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return math.inf
