"""Episodes from rows: which class plays a task, and which rows can be played."""

from __future__ import annotations

from random import Random
from typing import Any

from datasets import Dataset

from models.rl.config import RlConfig
from models.rl.episode import Episode
from models.rl.pool import Entry
from models.rl.predict import PredictEpisode
from models.rl.repair import RepairEpisode
from models.rl.rows import PredictRow, SolveRow, VerifyRow
from models.rl.solve import SolveEpisode
from models.rl.tokens import encode
from models.rl.verify import VerifyEpisode
from models.sandbox.grading import Grader
from workers.pipeline.errors import InputError


class Deal:
    """Makes a fresh episode of a named row."""

    def __init__(self, config: RlConfig, entries: list[Entry], grader: Grader | None) -> None:
        self._config, self._entries, self._grader = config, entries, grader
        self._tasks = {task.kind: task for task in config.tasks}

    def __call__(self, name: str, step: int, place: int) -> Episode:
        """`name` is the row's number; step and place seed what is random in the episode."""
        task, row = self._entries[int(name)]
        style, config, grader = self._config.style, self._tasks[task], self._grader
        if isinstance(row, PredictRow):
            return PredictEpisode(row, style)  # type: ignore[arg-type]
        if isinstance(row, VerifyRow):
            return VerifyEpisode(row, style)  # type: ignore[arg-type]
        assert isinstance(row, SolveRow)
        assert grader is not None
        if task == "solve":
            return SolveEpisode(row, style, grader)  # type: ignore[arg-type]
        rng = Random(f"{self._config.seed}:{step}:{place}")
        return RepairEpisode(row, style, grader, config.turns, config.feedback, rng)  # type: ignore[arg-type]


def rows(config: RlConfig, entries: list[Entry], deal: Deal, tokenizer: Any) -> Dataset:
    """Names of the rows whose first prompt is short enough. Raises InputError where they make no step."""
    lengths = [len(encode(tokenizer, deal(str(n), 0, 0).start().prompts[0])) for n in range(len(entries))]
    names = [str(number) for number, length in enumerate(lengths) if length <= config.train.prompt_tokens]
    if len(names) < config.train.prompts:
        raise InputError(f"only {len(names)} rows have a prompt of at most {config.train.prompt_tokens} tokens")
    return Dataset.from_dict({"prompt": names})
