"""Verify: (problem, program, test) → does it pass? Beyond the paper, which has no such task."""

from __future__ import annotations

from collections.abc import Sequence

from models.rl.episode import Ask, Outcome, TaskName
from models.rl.rows import VerifyRow
from workers.pipeline import parse
from workers.pipeline.prompts import prompts
from workers.pipeline.types import Completion, FinishReason, PromptStyle, Verdict


class VerifyEpisode:
    """One turn: the expected output is shown, what the program does is not."""

    task: TaskName = "verify"

    def __init__(self, row: VerifyRow, style: PromptStyle) -> None:
        self._row, self._style = row, style
        self._verdict, self._cut = Verdict.ABSTAIN, False

    def start(self) -> Ask:
        """See `Episode`."""
        return Ask((prompts(self._style).verify(self._row.problem, self._row.code, self._row.test),))

    def step(self, answers: Sequence[Completion]) -> Ask | None:
        """See `Episode`."""
        self._verdict = parse.verdict(answers[0], self._style)
        self._cut = answers[0].finish is FinishReason.LENGTH
        return None

    def score(self) -> Outcome:
        """See `Episode`. An abstention is never right: not to answer must not pay."""
        truth = Verdict.PASS if self._row.passes else Verdict.FAIL
        return Outcome("verify", self._verdict is truth, self._verdict is not Verdict.ABSTAIN, self._cut)
