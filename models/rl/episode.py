"""Episodes: what reinforcement learning plays, one problem or program at a time. No torch, no rewards, no sampling.

An episode asks, is answered, and in the end tells facts; `rewards.py` turns facts into numbers, `rollout.py` plays.
Every ask is an independent prompt, the same one that serving sends: nothing of an earlier turn is in the context but
what the prompt itself shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from workers.pipeline import compare
from workers.pipeline.types import Completion, Io, Prediction, Prompt

TaskName = Literal["predict", "solve", "repair", "verify"]
Feedback = Literal["true", "predicted", "random", "none"]


@dataclass(frozen=True, slots=True)
class Ask:
    """Prompts that are answered together."""

    prompts: tuple[Prompt, ...]
    trained: bool = True
    """Whether the answer is learned from; then there is one prompt. Self-made feedback is asked for without."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an episode: facts, whatever they may be worth."""

    task: TaskName
    right: bool | None
    """Whether the last answer is right; None if the sandbox failed and nothing is known."""
    readable: bool
    """Whether the last answer could be read at all."""
    truncated: bool
    """The last answer hit the token limit."""
    turns: int = 1
    """Answers that are learned from."""
    agreed: int = 0
    """Of the verdicts that feedback gave on public tests: those that execution gives too."""
    judged: int = 0
    """Verdicts that feedback gave, abstentions included; 0 where it was true or there was none."""


class Episode(Protocol):
    """One episode: `start` once, `step` until it gives None, then `score`. May be left off before its end."""

    task: TaskName

    def start(self) -> Ask:
        """The first ask; the same one for every episode of a row."""
        ...

    def step(self, answers: Sequence[Completion]) -> Ask | None:
        """Take the answers, one for each prompt of the last ask; the next ask, or None at the end."""
        ...

    def score(self) -> Outcome:
        """What came of it. Raises only where the sandbox is gone, never on model text."""
        ...


def same_outcome(told: Prediction, true: Prediction, io: Io) -> bool:
    """Whether a prediction names what really happens: the output, the exception, or that there is no end."""
    if true.raises is not None:
        return told.raises == true.raises
    if true.finishes is False:
        return told.finishes is False
    return told.output is not None and true.output is not None and compare.matches(told.output, true.output, io)
