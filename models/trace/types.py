"""What a trace is: its limits, its steps, its end."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TraceLimits:
    """What one run may use."""

    steps: int = 400
    """Lines recorded; a finite run with more is rejected."""
    endless_steps: int = 100_000
    """Lines executed; a program that is still in a `while` then counts as one that does not finish."""
    depth: int = 80
    """Calls of the program's own functions that may be open at once; a deeper run is rejected."""
    repr_chars: int = 200
    """A value with a longer repr makes the trace unusable."""
    seconds: float = 1.0


LIMITS = TraceLimits()


@dataclass(slots=True)
class TraceStep:
    """One executed line, or the binding of arguments at a call."""

    line: int
    """1-based line number; for a call the line of the `def`."""
    frame: int
    """Number of the call this step belongs to."""
    changes: dict[str, str] = field(default_factory=dict)
    """Name to repr, for each local this step assigned or changed."""
    printed: str = ""
    value: str | None = None
    """repr of what a `return` line returned."""
    raised: str | None = None
    resumed: bool = False
    """True if the step is the rest of a `yield` line, told when the generator goes on."""
    calls: bool = False
    """True if the line called a function of the program: its steps follow, then the line is told again."""
    ahead: str = field(default="", repr=False)
    """At the head of a loop: what comes after the item that it took (`models.trace.ahead`), as it follows that."""
    told: list[tuple[str, bool]] = field(default_factory=list)
    """Workings of the line (`models.trace.workings`), each with whether it came from inside a comprehension."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A run: its steps and how it ended. Exactly one of output, raised, endless is set."""

    steps: tuple[TraceStep, ...]
    output: str | None = None
    """repr of the returned value, or all that was printed."""
    raised: str | None = None
    endless: bool = False


class TraceRejected(Exception):
    """The run cannot be told: a value too long, too slow, not representable, or no program that compiles."""
