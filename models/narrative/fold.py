"""Folding long loops: the middle rounds of a loop become one step that tells what they came to.

    for x in nums:  # x = 3
    total += x  # 0 + 3, total = 3
    for x in nums:  # x = 4
    total += x  # 3 + 4, total = 7
    for x in nums:  # 12 more rounds: x = 9, total = 105
    for x in nums:  # x = 1
    …

The first two rounds show what a round does, the last one and the end of the loop how it goes on from there. Everything
that the folded rounds changed is told with its last value, so that the model can follow from the fold alone: also
what they changed in a generator that goes on later, or in any other frame that does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.trace.types import TraceStep

SHOWN = 2
"""Rounds told before a fold."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Rounds of a loop that are not told one by one."""

    line: int
    """Of the loop's head."""
    frame: int
    rounds: int
    changes: Mapping[str, str]
    """Name → its last value, of all that the rounds changed in their own frame."""
    printed: str
    elsewhere: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """The same for each other frame that goes on later, by its number: a generator, or what takes from this one."""

    def note(self) -> str:
        """What stands beside the loop's head."""
        parts = [f"{name} = {text}" for name, text in self.changes.items()]
        others = (change for changes in self.elsewhere.values() for change in changes.items())
        parts += [f"elsewhere {name} = {text}" for name, text in others]
        parts += [f"prints {self.printed!r}"] if self.printed else []
        return f"{self.rounds} more rounds" + (": " + ", ".join(parts) if parts else "")


Told = TraceStep | Fold


def fold(steps: Sequence[TraceStep], loops: Mapping[int, int], budget: int) -> list[Told]:
    """The steps with loops folded until at most `budget` are left, those that save most first, as far as that goes.

    `loops` maps the line of each loop's head to the last line of its body.
    """
    told: list[Told] = list(steps)
    while len(told) > budget:
        spans = [span for head, end in loops.items() for span in _spans(told, head, end)]
        if not spans:
            break
        first, last, rounds = max(spans, key=lambda span: span[1] - span[0])
        later = {step.frame for step in told[last:]}
        told[first:last] = [_folded(told[first:last], rounds, later)]
    return told


def _spans(told: Sequence[Told], head: int, end: int) -> list[tuple[int, int, int]]:
    """What could be folded: first step, step after the last, rounds between them; for each time the loop runs."""
    out = []
    starts: dict[int, list[int]] = {}  # by frame: where the rounds of the running loop start
    for at, step in enumerate([*told, None]):
        if step is None or (step.frame in starts and not head <= step.line <= end):
            for frame in list(starts) if step is None else [step.frame]:
                out += _middle(starts.pop(frame))
        if isinstance(step, TraceStep) and step.line == head and not step.calls:
            starts.setdefault(step.frame, []).append(at)
        elif isinstance(step, Fold) and step.line == head:
            starts.pop(step.frame, None)  # folded already
    return out


def _middle(starts: Sequence[int]) -> list[tuple[int, int, int]]:
    """The rounds after the first ones and before the last; the last start is the end of the loop, or a broken round."""
    rounds = len(starts) - SHOWN - 2
    return [(starts[SHOWN], starts[-2], rounds)] if rounds > 1 else []


def _folded(steps: Sequence[Told], rounds: int, later: set[int]) -> Fold:
    """The fold of some rounds; `later` are the frames that go on after them."""
    head = steps[0]
    changes: dict[int, dict[str, str]] = {head.frame: {}}
    for step in steps:
        told = {step.frame: step.changes, **(step.elsewhere if isinstance(step, Fold) else {})}
        for frame, new in told.items():
            own = changes.setdefault(frame, {})
            for name, text in new.items():
                own.pop(name, None)
                own[name] = text
    own = changes.pop(head.frame)
    elsewhere = {frame: new for frame, new in changes.items() if new and frame in later}
    printed = "".join(step.printed for step in steps)
    return Fold(head.line, head.frame, rounds, own, printed, elsewhere)
