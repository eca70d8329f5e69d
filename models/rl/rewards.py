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


def lessons(rewards: list[float | None], punish: bool) -> list[bool]:
    """Which answers of a group teach: all of them where rewards differ, without `punish` those above the mean alone.

    To learn from good answers only is rejection sampling, RAFT (arXiv 2304.06767): what it learns is always some text
    that was right, where to be pushed away from a wrong one may lead anywhere.
    """
    if not spread(rewards):
        return [False] * len(rewards)
    known = [value for value in rewards if value is not None]
    mean = sum(known) / len(known)
    return [punish or (value is not None and value > mean) for value in rewards]
