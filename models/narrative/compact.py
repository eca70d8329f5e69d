"""The compact narrative: each executed source line, and what it changed.

    def f(nums, k):  # nums = [3, 4], k = 2
    total = 0  # total = 0
    for x in nums:  # x = 3
    if x > k:  # True
    total += x  # total = 3
    …
    for x in nums:  # end
    return total  # 7

A branch tells its condition, a loop head its variable or `end`, a print what it printed, a raising line the exception,
a line that calls into the program `call` and is told again when the call is over. `sum(name)` over numbers is spelled
out as partial sums: a value that is added up in one jump is where small models fail.
"""

from __future__ import annotations

import ast
from itertools import islice

from models.narrative.fold import Fold, Told, fold
from models.trace import workings
from models.trace.source_lines import statements
from models.trace.types import Trace, TraceStep

ENDLESS_STEPS = 24
"""How much of a run that does not finish is told."""


class _Source:
    """What the narrator needs to know of each line: its text, and the body of a branch or loop."""

    def __init__(self, code: str) -> None:
        self.lines = [line.strip() for line in code.split("\n")]
        self.body: dict[int, tuple[int, int]] = {}
        self.loops: set[int] = set()
        self.rounds: set[int] = set()  # lines of loops of both kinds
        self.branches: set[int] = set()
        for node in statements(ast.parse(code).body):
            if isinstance(node, (ast.If, ast.While, ast.For)):
                self.body[node.lineno] = (node.body[0].lineno, node.body[-1].end_lineno or node.lineno)
                (self.loops if isinstance(node, ast.For) else self.branches).add(node.lineno)
                if not isinstance(node, ast.If):
                    self.rounds.add(node.lineno)

    def entered(self, line: int, following: Told | None) -> bool:
        first, last = self.body[line]
        return following is not None and first <= following.line <= last and following.line != line


def narrate(code: str, run: Trace, budget: int = 0) -> str:
    """The narrative of a run, one line for each step; the outcome is not part of it.

    Loops of a run with more than `budget` steps are folded (`models.narrative.fold`); 0 tells every step.
    """
    source = _Source(code)
    steps: list[Told] = list(run.steps)  # of an endless run too: what a branch did is seen at the step after it
    if budget and not run.endless:
        steps = fold(run.steps, {line: source.body[line][1] for line in source.rounds}, budget)
    out = []
    for index, step in enumerate(steps[:ENDLESS_STEPS] if run.endless else steps):
        ahead = islice(steps, index + 1, index + 200) if step.line in source.body else ()
        following = next((s for s in ahead if s.frame == step.frame), None)
        note = step.note() if isinstance(step, Fold) else _note(step, following, source)
        out.append(source.lines[step.line - 1] + (f"  # {note}" if note else ""))
    return "\n".join(out)


def _note(step: TraceStep, following: Told | None, source: _Source) -> str:
    notes = ["resumed"] if step.resumed else []
    notes += workings.kept(step.told)
    if step.calls:
        return ", ".join([*notes, "call"])
    if step.raised is not None:
        return ", ".join([*notes, f"raises {step.raised}"])
    resting = step.value is not None  # only a `yield` in the head gives one: how it goes is told when it goes on
    if step.line in source.branches and not resting:
        notes.append(str(source.entered(step.line, following)))
    elif step.line in source.loops and not resting and not source.entered(step.line, following):
        return ", ".join([*notes, "end"])
    notes += [f"{name} = {text}" for name, text in step.changes.items()]
    if step.ahead and notes:
        notes[-1] += step.ahead
    if step.printed:
        notes.append("prints " + repr(step.printed))
    if step.value is not None:
        notes.append(step.value)
    return ", ".join(notes)
