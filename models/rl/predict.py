"""Output prediction: a program and an input → what happens. Right is the exact output, exception or endlessness."""

from __future__ import annotations

from collections.abc import Sequence

from models.rl.episode import Ask, Outcome, TaskName, same_outcome
from models.rl.rows import PredictRow
from workers.pipeline import parse
from workers.pipeline.prompts import prompts
from workers.pipeline.types import Completion, Prediction, PromptStyle


class PredictEpisode:
    """One turn. The problem the program was written for is not shown."""

    task: TaskName = "predict"

    def __init__(self, row: PredictRow, style: PromptStyle) -> None:
        self._row, self._style = row, style
        self._told = Prediction()

    def start(self) -> Ask:
        """See `Episode`."""
        row = self._row
        return Ask((prompts(self._style).predict(row.code, row.given, row.io, row.entry_point),))

    def step(self, answers: Sequence[Completion]) -> Ask | None:
        """See `Episode`. Of several outcomes in one answer the last counts, as in serving."""
        self._told = parse.prediction(answers[0], self._style)
        return None

    def score(self) -> Outcome:
        """See `Episode`. The answer is read as a literal and never evaluated: a call is no output."""
        told = self._told
        right = same_outcome(told, self._row.truth(), self._row.io)
        return Outcome("predict", right, told.finishes is not None, told.truncated)
