"""Rewards: small pure functions of the facts of an episode. What counts as right is decided in the episodes."""

from __future__ import annotations

from models.rl.episode import Outcome


def reward(outcome: Outcome, scale: float = 1.0) -> float | None:
    """`scale` if the last answer is right, else its negative; None, for no lesson at all, if nothing is known.

    An answer that cannot be read or was cut off is a wrong one: silence must not pay.
    """
    if outcome.right is None:
        return None
    return scale if outcome.right else -scale


def spread(rewards: list[float | None]) -> bool:
    """Whether the rewards of a group differ: only then is there anything to learn from it."""
    return len({value for value in rewards if value is not None}) > 1
