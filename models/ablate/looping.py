"""The loop from one sample, with each source of feedback: write, hear what the program does, repair, up to some turns.

It is the episode that reinforcement learning plays, against the embedded engine. Programs are sampled as in serving,
predictions that feedback is made of are greedy. All sources begin with the same first program.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import get_args

from models.ablate import items
from models.ablate.given import Given
from models.ablate.results import Figures
from models.rl.episode import Ask, Feedback, Outcome
from models.rl.repair import RepairEpisode
from models.rl.rows import SolveRow
from models.sandbox.grading import SandboxGrader
from models.sandbox.sandbox import Sandbox
from models.sandbox.types import SandboxUnavailable
from workers.pipeline import parse
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import ContextLengthError
from workers.pipeline.gather import gather
from workers.pipeline.model import Model
from workers.pipeline.types import Completion, FinishReason, Prompt

SOURCES: tuple[Feedback, ...] = get_args(Feedback)[::-1]


async def loops(given: Given) -> dict[str, Figures]:
    """For each source of feedback the first and the last answer, graded on hidden tests, and what the loop cost."""
    rows = items.problem_rows(given.items, "hard")
    out: dict[str, Figures] = {source: {} for source in SOURCES}
    with Sandbox(given.threads) as sandbox:
        async with given.writer() as model:
            player = Player(model, SandboxGrader(sandbox), given)
            firsts = await gather(player.first(row) for row in rows)
            for source in SOURCES:
                played = await gather(player.loop(row, first, source) for row, first in zip(rows, firsts, strict=True))
                for row, loop in zip(rows, played, strict=True):
                    for figure, value in loop.figures().items():
                        out[source].setdefault(figure, {})[row.problem.id] = value
    return out


@dataclass(frozen=True, slots=True)
class Loop:
    """What came of one loop."""

    first: bool
    """Whether the first program is right; likewise `last`."""
    last: bool
    outcome: Outcome
    tokens: int

    def figures(self) -> dict[str, tuple[float, float]]:
        """(sum, count) of each figure."""
        return {
            "first right": (float(self.first), 1),
            "last right": (float(self.last), 1),
            "fixed": (float(self.last and not self.first), 1),
            "broken": (float(self.first and not self.last), 1),
            "programs": (self.outcome.turns, 1),
            "verdicts as executed": (self.outcome.agreed, self.outcome.judged),
            "tokens": (self.tokens, 1),
        }


@dataclass(frozen=True, slots=True)
class First:
    """The one sample of a problem."""

    answer: Completion
    right: bool


class Player:
    """Plays episodes of one model."""

    def __init__(self, model: Model, grader: SandboxGrader, given: Given) -> None:
        self._model, self._grader, self._given = model, grader, given
        self._config: PipelineConfig = given.config()

    async def first(self, row: SolveRow) -> First:
        """The sample that every loop of a problem begins with. Raises SandboxUnavailable."""
        (prompt,) = self._episode(row, "none").start().prompts
        answer = await self._ask(prompt, 0) or Completion("", FinishReason.LENGTH)
        found = parse.program(answer.text, self._model.style, row.problem.io, row.problem.entry_point)
        if not isinstance(found, str) or answer.finish is FinishReason.LENGTH:
            return First(answer, False)
        return First(answer, _known(await asyncio.to_thread(self._grader.passes, row.problem, found, row.hidden)))

    async def loop(self, row: SolveRow, first: First, source: Feedback) -> Loop:
        """One episode; one whose next prompt is over the context ends with the program it has. SandboxUnavailable."""
        episode = self._episode(row, source)
        episode.start()
        answers: Sequence[Completion] | None = [first.answer]
        tokens, turn = 0, 0
        while answers is not None:
            tokens += sum(answer.usage.completion_tokens for answer in answers)
            ask = await asyncio.to_thread(episode.step, answers)
            if ask is None:
                break
            turn += ask.trained
            answers = await self._answers(ask, turn)
        outcome = await asyncio.to_thread(episode.score)
        return Loop(first.right, _known(outcome.right), outcome, tokens)

    def _episode(self, row: SolveRow, source: Feedback) -> RepairEpisode:
        rng = Random(f"{self._config.seed}:{row.problem.id}")
        return RepairEpisode(row, self._model.style, self._grader, self._given.sizes.turns, source, rng)

    async def _answers(self, ask: Ask, turn: int) -> list[Completion] | None:
        if ask.trained:
            answer = await self._ask(ask.prompts[0], turn)
            return None if answer is None else [answer]
        told = await gather(self._ask(prompt, None) for prompt in ask.prompts)
        return [answer or Completion("", FinishReason.LENGTH) for answer in told]

    async def _ask(self, prompt: Prompt, turn: int | None) -> Completion | None:
        """A program of a turn, sampled, or a greedy prediction; None where the prompt is over the context."""
        c = self._config
        if turn is None:
            request = CompletionRequest(prompt, self._model.room(c.max_narrative_tokens, prompt))
        else:
            room = self._model.room(c.max_program_tokens, prompt)
            request = CompletionRequest(prompt, room, c.temperature, c.top_p, c.seed + turn)
        try:
            return await self._model.completer.complete(request)
        except ContextLengthError:
            return None


def _known(right: bool | None) -> bool:
    if right is None:
        raise SandboxUnavailable("the sandbox failed twice on one program")
    return right
