"""One prompt with its answer, and how a program is written as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.config import DataConfig
from models.dataset.records import layout
from workers.pipeline.prompts import tagged
from workers.pipeline.types import Prompt


@dataclass(frozen=True, slots=True)
class Example:
    """What a task makes of a draft: a row without what all tasks have in common."""

    prompt: Prompt
    completion: str
    program: str
    """The program that is simulated, or the answer."""
    facts: dict[str, Any]
    """Columns that are particular to the task."""


def answer(code: str, config: DataConfig) -> str:
    """A program as the completion of `solve` and `fix`."""
    return code + tagged.END if config.style == "tagged" else f"```python\n{layout(code)}\n```"
