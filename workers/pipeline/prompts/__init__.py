"""The task prompts, one file for each style. A checkpoint's manifest names the PROMPT_VERSION it was trained on.

Every change of wording or of a tag is a new PROMPT_VERSION: a checkpoint that speaks another one is refused at
start-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from workers.pipeline.prompts import chat, tagged
from workers.pipeline.types import Candidate, Io, IOTest, Prediction, Problem, Prompt, PromptStyle

PROMPT_VERSION = 2


class Prompts(Protocol):
    """The tasks in one style; the modules `chat` and `tagged` are such."""

    def solve(self, problem: Problem) -> Prompt:
        """Ask for a program."""
        ...

    def predict(self, code: str, input: str, io: Io = "function", entry_point: str | None = None) -> Prompt:
        """Ask what a program does on an input."""
        ...

    def fix(self, problem: Problem, candidate: Candidate, evidence: Sequence[tuple[IOTest, Prediction]]) -> Prompt:
        """Ask for a repaired program."""
        ...

    def verify(self, problem: Problem, code: str, test: IOTest) -> Prompt:
        """Ask whether a program passes one test."""
        ...


def prompts(style: PromptStyle) -> Prompts:
    """The prompts of a style."""
    return chat if style == "chat" else tagged
