"""What is logged of a step: one line for each task in `log.jsonl`, and one for the optimizer. Numbers only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.rl.episode import Outcome


@dataclass(frozen=True, slots=True)
class Fact:
    """One episode, as the log counts it."""

    outcome: Outcome
    reward: float | None
    length: int
    """Tokens of all its answers but self-made feedback."""
    tokens: int
    """Tokens of all its answers, self-made feedback included."""
    learned: bool
    """False if its group had no spread of rewards."""


def lines(facts: Sequence[Fact], group: int) -> list[dict[str, Any]]:
    """One line for each task, in alphabetical order; `group` episodes have one row in common."""
    return [_line(task, [f for f in facts if f.outcome.task == task], group) for task in sorted(_tasks(facts))]


def learned(lines: Iterable[Mapping[str, Any]]) -> list[str]:
    """The tasks of serving that logged lines learned something of: those in which some group had a spread of rewards.

    The first turn of `repair` is a solve, and only a later one is a fix.
    """
    found = dict[str, None]()
    for line in lines:
        if line.get("groups", 0) <= line.get("skipped", 0):
            continue
        repaired = ["solve", *(["fix"] if line["turns"] > 1 else [])]
        found |= dict.fromkeys(repaired if line["task"] == "repair" else [line["task"]])
    return list(found)


def _tasks(facts: Iterable[Fact]) -> set[str]:
    return {fact.outcome.task for fact in facts}


def _line(task: str, facts: Sequence[Fact], group: int) -> dict[str, Any]:
    known = [fact for fact in facts if fact.outcome.right is not None]
    judged = sum(fact.outcome.judged for fact in facts)
    return {
        "task": task,
        "episodes": len(facts),
        "reward": _mean([fact.reward or 0.0 for fact in known]),
        "accuracy": _mean([bool(fact.outcome.right) for fact in known]),
        "unreadable": _mean([not fact.outcome.readable for fact in facts]),
        "tokens": sum(fact.tokens for fact in facts),
        "length": _mean([fact.length for fact in facts]),
        "truncated": _mean([fact.outcome.truncated for fact in facts]),
        "turns": _mean([fact.outcome.turns for fact in facts]),
        "groups": len(facts) // group,
        "skipped": sum(not fact.learned for fact in facts) // group,
        "unknown": len(facts) - len(known),
        "agreement": sum(fact.outcome.agreed for fact in facts) / judged if judged else None,
    }


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 5) if values else None
