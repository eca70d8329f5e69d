"""Records what each line of a program did: the hook of `sys.settrace`.

It follows the program's own frames (comprehensions and lambdas count as part of their line). A line event fires before
its line runs, so what a line changed is known at the next event of the same frame.

No object of the program is held here. Before Python 3.13 the interpreter itself holds, for who traces, what a local
variable no longer names until its line is done.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import CO_GENERATOR, CO_OPTIMIZED
from opcode import opmap
from types import FrameType, FunctionType, ModuleType
from typing import Any

from models.trace import values
from models.trace.source_lines import SourceLines
from models.trace.types import TraceLimits, TraceStep
from models.trace.workings import Workings

FILENAME = "<traced>"
SIMPLE = frozenset({int, str, float, bool, type(None)})
"""Types whose values never change and hold nothing else."""
PLAIN = SIMPLE | {list, tuple, dict}
YIELD, RESUME = opmap["YIELD_VALUE"], opmap["RESUME"]
DELEGATES = frozenset(opmap[name] for name in ("SEND", "END_SEND", "FOR_ITER") if name in opmap)
"""Where a frame stands, by version, when what it delegates to is at its end."""
OTHER = object()
"""In place of a value that is not simple: held here, it would live longer than in the program."""
SKIPPED_FRAMES = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "<lambda>"}


class StepsExceeded(BaseException):
    """Not an Exception, so that the program's own `except Exception` cannot catch it."""


class Recorder:
    """One run: what `sys.settrace` is given, `on_call`, and what it has recorded."""

    def __init__(self, source: SourceLines, limits: TraceLimits, workings: Workings) -> None:
        self.source = source
        self.limits = limits
        self.steps: list[TraceStep] = []
        self.out: list[str] = []
        self.count = 0  # lines executed
        self.told = 0  # pieces of `out` that belong to a finished step
        self.open: dict[int, TraceStep] = {}  # by frame: the line that is running
        self.seen: dict[int, dict[str, tuple[object, str]]] = {}  # by frame: locals and reprs after a step
        self.numbers: dict[int, int] = {}
        self.calls = 0
        self.reached: dict[int, int] = {}  # by frame: offset of the instruction at the last line event
        self.stack: list[int] = []
        self.suspended: dict[int, int] = {}  # by frame of a generator, which may have ended unseen since: its line
        self.waking: tuple[FrameType, int] | None = None  # one that was resumed, or is closed: not known yet
        self.closing = False
        self.tampered = False
        self.in_while = False
        self.workings = workings
        self.event: Callable[..., Any] = self.on_event  # bound once

    def on_call(self, frame: FrameType, event: str, _arg: Any) -> Callable[..., Any] | None:
        """A frame begins or goes on; returns the hook for its events, None where it is not followed."""
        code = frame.f_code
        if event != "call" or code.co_filename != FILENAME or code.co_name in SKIPPED_FRAMES:
            return None
        if code.co_name != "<module>" and not code.co_flags & CO_OPTIMIZED:
            return None  # the body of a class: part of the line that defines it
        if self.count > self.limits.steps:
            return self.event
        self._wake()
        key = id(frame)
        line = self.suspended.pop(key, None)
        if line is not None and _yields(frame):  # else a new one, which may have the id of one that ended
            self.waking, self.closing, self.workings.wake = (frame, line), False, self._wake
            return self.event
        if len(self.stack) >= self.limits.depth:
            raise TooDeep
        if self.stack:
            self._interrupt(self.stack[-1])
        self.numbers[key] = self.calls  # not the id, which a later frame may have too
        self.calls += 1
        self.seen[key] = {}
        self.reached.pop(key, None)
        self.stack.append(key)
        if code.co_name != "<module>":
            step = TraceStep(code.co_firstlineno, self.numbers[key], self._diff(frame, frozenset()))
            self.steps.append(step)
        self.workings.told = []
        return self.event

    def on_event(self, frame: FrameType, event: str, arg: Any) -> Callable[..., Any]:
        """A line, an exception or the end of a frame."""
        if self.waking and frame is self.waking[0] and self._closed(frame, event, arg):
            return self.event
        if event == "line":
            self._line(frame)
        elif event == "exception":
            self._exception(frame, arg[0])
        elif event == "return":
            self._return(frame, arg)
        return self.event

    def on_unrecorded(self, frame: FrameType, event: str, _arg: Any) -> Callable[..., Any]:
        """Over the limit of lines, a run can only turn out endless: its lines are counted."""
        if event == "line":
            self.count += 1
            if self.count >= self.limits.endless_steps:
                self.in_while = self._in_while(frame)
                raise StepsExceeded
        return self.event

    def _line(self, frame: FrameType) -> None:
        if frame.f_lineno < 1:  # the start of a module, not a line of it
            return
        key = id(frame)
        running, before = self.open.get(key), self.reached.get(key, -1)
        self.reached[key] = frame.f_lasti
        if running is not None and running.line == frame.f_lineno and frame.f_lasti > before:
            return  # from 3.12 on a jump forward within a line is told as that line once more
        self.count += 1
        if self.count > self.limits.steps:
            self.workings.silent = True
            self.event = self.on_unrecorded
            return
        self._finish(frame)
        step = TraceStep(frame.f_lineno, self.numbers[key])
        self.open[key] = step
        self.steps.append(step)
        self.workings.told = step.told

    def _exception(self, frame: FrameType, kind: type[BaseException]) -> None:
        if kind is StopIteration and frame.f_code.co_code[frame.f_lasti] in DELEGATES:
            return  # how `yield from` learns that what it delegates to is at its end
        step = self.open.get(id(frame)) or TraceStep(frame.f_lineno, self.numbers[id(frame)])
        step.raised = kind.__name__

    def _return(self, frame: FrameType, value: object) -> None:
        key = id(frame)
        returning = self.open.get(key)
        if _yields(frame):
            self.suspended[key] = frame.f_lineno
        self._finish(frame)
        if key not in self.suspended:
            self.seen.pop(key, None)
        if returning and returning.raised is None and _returns(frame, value):
            self._returned(returning).value = self._repr(value)
        if self.stack and self.stack[-1] == key:
            self.stack.pop()
        running = self.open.get(self.stack[-1]) if self.stack else None
        self.workings.told = running.told if running is not None else []

    def _closed(self, frame: FrameType, event: str, arg: Any) -> bool:
        """Whether a generator that was woken is only being closed; else it is taken to go on.

        A generator that is closed, or thrown away, has a `GeneratorExit` raised in it: that is nobody's step, unless a
        line of it still runs, in a `finally`.
        """
        self.closing |= event == "exception" and arg[0] is GeneratorExit
        if self.closing and event != "line":
            if event == "return":
                self.seen.pop(id(frame), None)
                self.waking = self.workings.wake = None
            return True
        self._wake()
        return False

    def _wake(self) -> None:
        """A generator goes on after its `yield`: the line that asked for more is told as a call, then its own rest."""
        if self.waking is None:
            return
        (frame, line), self.waking, self.workings.wake = self.waking, None, None
        if self.stack:
            self._interrupt(self.stack[-1])
        key = id(frame)
        self.stack.append(key)
        step = TraceStep(line, self.numbers[key], resumed=True)
        self.open[key] = step
        self.steps.append(step)
        self.workings.told = step.told

    def _returned(self, last: TraceStep) -> TraceStep:
        """The step of the `return` that a frame ends by: not its last one where a `finally` ran after it."""
        if last.line in self.source.returns:
            return last
        own = [step for step in self.steps if step.frame == last.frame and step.line in self.source.returns]
        return own[-1] if own and own[-1].raised is None else last

    def _in_while(self, frame: FrameType | None) -> bool:
        """Whether a `while` of the program is open, in this frame or in one that called it."""
        while frame is not None:
            own = frame.f_code.co_filename == FILENAME
            if own and any(first <= frame.f_lineno <= last for first, last in self.source.whiles):
                return True
            frame = frame.f_back
        return False

    def _interrupt(self, key: int) -> None:
        """A line of frame `key` calls into the program: told now as a call, and once more when it is done."""
        step = self.open.get(key)
        if step is not None and not step.calls:
            step.calls = True
            again = TraceStep(step.line, step.frame)
            self.open[key] = again

    def _finish(self, frame: FrameType) -> None:
        step = self.open.pop(id(frame), None)
        if step is None:
            return
        if self.steps[-1] is not step and not any(s is step for s in self.steps[-3:]):
            self.steps.append(step)  # the second telling of a line that called
        assigned = frozenset() if id(frame) in self.suspended else self.source.assigned.get(step.line, frozenset())
        step.changes = self._diff(frame, assigned)
        line, ahead = self.workings.ahead
        step.ahead = ahead if line is step.told else ""
        step.printed = "".join(self.out[self.told :])
        self.told = len(self.out)

    def _diff(self, frame: FrameType, assigned: frozenset[str]) -> dict[str, str]:
        seen, changes = self.seen[id(frame)], {}
        for name, value in frame.f_locals.items():
            kind, old = type(value), seen.get(name)
            if old is not None and old[0] is value and kind in SIMPLE:
                if name in assigned:
                    changes[name] = old[1]
                continue
            if name.startswith("__") or (kind not in PLAIN and issubclass(kind, (FunctionType, ModuleType, type))):
                continue
            text = self._repr(value)
            if old is None or old[1] != text or name in assigned:
                changes[name] = text
            seen[name] = value if kind in SIMPLE else OTHER, text
        return changes

    def outcome(self, value: object) -> str:
        """What a call returned, as it would be printed."""
        return self._repr(value, values.told_set if type(value) is set else repr)

    def _repr(self, value: object, tell: Callable[[Any], str] | None = None) -> str:
        try:
            text = repr(value) if type(value) in PLAIN else (tell or values.told)(value)
        except (ValueError, RecursionError):  # an int over the interpreter's limit of digits; an object in itself
            raise TooLong from None
        if " at 0x" in text and type(value) is not str:
            if tell is not None:
                raise Address
            text = values.without_addresses(text)
        if len(text) > self.limits.repr_chars:
            raise TooLong
        return text


def _yields(frame: FrameType) -> bool:
    """Whether a frame that hands a value over does so by `yield`, not by `return`."""
    if not frame.f_code.co_flags & CO_GENERATOR:
        return False
    code, at = frame.f_code.co_code, frame.f_lasti
    return code[at] == YIELD or (code[at] == RESUME and code[at - 2] == YIELD)  # the latter from 3.13 on


def _returns(frame: FrameType, value: object) -> bool:
    """Whether what a frame hands over is told: not at the end of a module, nor at that of a generator."""
    if frame.f_code.co_name == "<module>":
        return False
    return value is not None or not frame.f_code.co_flags & CO_GENERATOR or _yields(frame)


class TooDeep(BaseException):
    """More calls are open at once than can be told."""


class TooLong(BaseException):
    """A value whose repr is over the limit."""


class Address(BaseException):
    """An outcome whose repr names a memory address: it is another one at the next run."""
