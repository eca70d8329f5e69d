"""What a suite costs for each of its problems: a program to predict, a problem to solve, a pair to judge."""

from __future__ import annotations

from typing import Any

from workers.pipeline.types import Usage

WALL_CLOCK = "wall-clock seconds per problem"
"""Of the model alone, all problems of the suite together, over their number: many are in flight at once."""


def cost(usage: Usage, seconds: float, problems: int) -> dict[str, float]:
    """Means per problem; `seconds` are those of all of them together."""
    n = max(1, problems)
    return {
        "prompt tokens per problem": usage.prompt_tokens / n,
        "completion tokens per problem": usage.completion_tokens / n,
        WALL_CLOCK: seconds / n,
    }


def untimed(result: Any) -> Any:
    """The same with no number for any seconds: part of what they were to measure was done before."""
    if not isinstance(result, dict):
        return result
    return {key: float("nan") if "seconds" in key else untimed(value) for key, value in result.items()}
