"""Solve: a problem → a program that passes the hidden tests. One turn, no feedback."""

from __future__ import annotations

from collections.abc import Sequence

from models.rl.episode import Ask, Outcome, TaskName
from models.rl.rows import SolveRow
from models.sandbox.grading import Grader
from workers.pipeline import parse
from workers.pipeline.prompts import prompts
from workers.pipeline.types import Completion, FinishReason, PromptStyle


class SolveEpisode:
    """One turn. Hidden tests decide alone: what a prompt shows, a program could print."""

    task: TaskName = "solve"

    def __init__(self, row: SolveRow, style: PromptStyle, grader: Grader) -> None:
        self._row, self._style, self._grader = row, style, grader
        self._code: str | None = None
        self._cut = False

    def start(self) -> Ask:
        """See `Episode`."""
        return Ask((prompts(self._style).solve(self._row.problem),))

    def step(self, answers: Sequence[Completion]) -> Ask | None:
        """See `Episode`."""
        self._take(answers[0])
        return None

    def score(self) -> Outcome:
        """See `Episode`. No program, no point."""
        code = self._code
        right = code is not None and self._grader.passes(self._row.problem, code, self._row.hidden)
        return Outcome(self.task, right, code is not None, self._cut)

    def _take(self, answer: Completion) -> None:
        problem = self._row.problem
        found = parse.program(answer.text, self._style, problem.io, problem.entry_point)
        self._cut = answer.finish is FinishReason.LENGTH
        self._code = found if isinstance(found, str) and not self._cut else None
