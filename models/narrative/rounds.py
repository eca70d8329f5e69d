"""The shape of a run: its flat list of steps as lines, loops with their rounds, and calls with what happens inside."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from models.trace.types import TraceStep


@dataclass(frozen=True, slots=True)
class Line:
    """One step."""

    step: TraceStep

    def steps(self) -> Iterator[TraceStep]:
        """The steps told by this node."""
        yield self.step


@dataclass(frozen=True, slots=True)
class Round:
    """A loop head and what followed it; an empty body where the loop ended at it."""

    head: TraceStep
    body: tuple[Node, ...]
    before: tuple[Node, ...] = ()
    """What the head called."""

    def steps(self) -> Iterator[TraceStep]:
        """What the head called, the head, and the body."""
        for node in self.before:
            yield from node.steps()
        yield self.head
        for node in self.body:
            yield from node.steps()


@dataclass(frozen=True, slots=True)
class Loop:
    """The rounds of one execution of a loop: all of them, or in a generator those up to its next rest."""

    line: int
    rounds: tuple[Round, ...]
    earlier: int = 0
    """Rounds before these, which a generator went before it rested."""
    open: bool = False
    """Whether a generator rests in the last round."""

    def steps(self) -> Iterator[TraceStep]:
        """Those of all rounds."""
        for one in self.rounds:
            yield from one.steps()


@dataclass(frozen=True, slots=True)
class Inside:
    """What happened in another frame: a call, or a stretch of a generator."""

    body: tuple[Node, ...]

    def steps(self) -> Iterator[TraceStep]:
        """Those of its body."""
        for node in self.body:
            yield from node.steps()


Node = Line | Loop | Inside


class Shape:
    """What telling a run needs to know of the source."""

    def __init__(self, code: str) -> None:
        self.lines = [line.strip() for line in code.split("\n")]
        self.body: dict[int, tuple[int, int]] = {}
        self.loops: set[int] = set()
        """Lines of `for` heads."""
        self.whiles: set[int] = set()
        self.branches: set[int] = set()
        self.functions: dict[int, str] = {}
        self.yields: set[int] = set()
        """Lines with a `yield` or `yield from`."""
        self.entered: dict[int, bool] = {}
        """id of a branch's step → whether its body was entered; filled by `nodes`."""
        self.running: dict[tuple[int, int], int] = {}
        """Frame of a generator that rests, and line of a loop it rests in → rounds so far; used by `nodes`."""
        for node in ast.walk(ast.parse(code)):
            match node:
                case ast.For() | ast.While() | ast.If():
                    self.body[node.lineno] = (node.body[0].lineno, node.body[-1].end_lineno or node.lineno)
                    kinds = {ast.For: self.loops, ast.While: self.whiles, ast.If: self.branches}
                    kinds[type(node)].add(node.lineno)
                case ast.FunctionDef():
                    self.functions[node.lineno] = node.name
                case ast.Yield() | ast.YieldFrom():
                    self.yields.add(node.lineno)

    def text(self, line: int) -> str:
        """Source of a line without its indentation and the colon of a compound statement."""
        text = self.lines[line - 1]
        return text[:-1] if line in self.body and text.endswith(":") else text

    def holds(self, line: int, other: int) -> bool:
        """Whether `other` lies in the body of the compound statement at `line`."""
        first, last = self.body[line]
        return first <= other <= last

    def rests(self, step: TraceStep) -> bool:
        """Whether a generator hands a value over at this step, and rests there."""
        return step.value is not None and step.line in self.yields


def nodes(steps: Sequence[TraceStep], shape: Shape) -> tuple[Node, ...]:
    """The run as a tree. The program's frame is that of the first step."""
    return _nodes(steps, shape, steps[0].frame) if steps else ()


def _nodes(steps: Sequence[TraceStep], shape: Shape, frame: int) -> tuple[Node, ...]:
    out: list[Node] = []
    at = 0
    while at < len(steps):
        step = steps[at]
        end = at + 1
        if step.frame == frame:
            _leave(step, shape)
        if step.frame != frame:
            end = _until(steps, at, lambda s: s.frame == frame)
            out += _calls(steps[at:end], shape)
        elif step.line in shape.loops | shape.whiles and not shape.rests(step):
            end = _loop(steps, at, shape, frame, out)
        else:
            if step.line in shape.branches:
                following = next((s for s in steps[end:] if s.frame == frame), None)
                shape.entered[id(step)] = following is not None and shape.holds(step.line, following.line)
            out.append(Line(step))
        at = end
    return tuple(out)


def _calls(steps: Sequence[TraceStep], shape: Shape) -> tuple[Inside, ...]:
    """What other frames do while a line waits: one call after the other, each with those that it waits for itself."""
    out = []
    start, waits = 0, False
    for at, step in enumerate(steps):
        if step.frame == steps[start].frame:
            waits = step.calls
        elif not waits:
            out.append(Inside(_nodes(steps[start:at], shape, steps[start].frame)))
            start, waits = at, step.calls
    return (*out, Inside(_nodes(steps[start:], shape, steps[start].frame))) if steps else ()


def _leave(step: TraceStep, shape: Shape) -> None:
    """Loops of a generator that a step of it is outside of are over."""
    for frame, line in list(shape.running):
        if frame == step.frame and step.line != line and not shape.holds(line, step.line):
            del shape.running[frame, line]


def _loop(steps: Sequence[TraceStep], at: int, shape: Shape, frame: int, out: list[Node]) -> int:
    """Append the loop whose head is at `at`; returns where it ends."""
    line, start = steps[at].line, at
    earlier = shape.running.pop((frame, line), 0)
    rounds: list[Round] = []
    while at < len(steps) and steps[at].frame == frame and steps[at].line == line and not shape.rests(steps[at]):
        before: tuple[Node, ...] = ()
        if steps[at].calls:  # told once more when the call is done: that telling is the round's head
            again = _until(steps, at + 1, lambda s: s.frame == frame)
            before = _calls(steps[at + 1 : again], shape)
            if again < len(steps) and steps[again].line == line:
                at = again
        head = steps[at]
        end = _until(steps, at + 1, lambda s: s.frame == frame and (s.line == line or not shape.holds(line, s.line)))
        body = _nodes(steps[at + 1 : end], shape, frame)
        if body:
            rounds.append(Round(head, body, before))
        elif rounds:  # the loop ends at this head; its call is the last thing of the round before
            rounds[-1] = Round(rounds[-1].head, (*rounds[-1].body, *before), rounds[-1].before)
            rounds.append(Round(head, ()))
        else:
            out += before
            rounds.append(Round(head, ()))
        at = end
    last = next(step for step in reversed(steps[start:at]) if step.frame == frame)
    if shape.rests(last):
        shape.running[frame, line] = earlier + len(rounds)
    out.append(Loop(line, tuple(rounds), earlier, shape.rests(last)))
    return at


def _until(steps: Sequence[TraceStep], at: int, stop: Callable[[TraceStep], bool]) -> int:
    while at < len(steps) and not stop(steps[at]):
        at += 1
    return at
