"""What goes into a run and what comes out of it. Knows nothing of processes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from workers.pipeline.errors import DeskcheckError
from workers.pipeline.types import Io, IOTest


class SandboxUnavailable(DeskcheckError):
    """No tier of the sandbox works on this machine, so nothing was executed."""


class Tier(StrEnum):
    """How untrusted programs are confined. Both drop the uid where they may, and use Landlock, seccomp and rlimits."""

    BUBBLEWRAP = "bubblewrap"
    """Own mount, network, pid, ipc and uts namespaces around the fork server; Landlock where the kernel has it."""
    LANDLOCK = "landlock"
    """No namespaces and no system package; Landlock is required."""


class ExecStatus(StrEnum):
    """What became of one run. All but the last are facts about the program."""

    SUCCESS = "success"
    """It ended by itself; where an expected output was given, with that output."""
    WRONG_OUTPUT = "wrong output"
    EXCEPTION = "exception"
    """It raised, exited with a code other than 0, died of a signal, or (a function) ended without returning."""
    SYNTAX_ERROR = "syntax error"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out of memory"
    OUTPUT_LIMIT = "output limit"
    INFRASTRUCTURE = "infrastructure failure"
    """The sandbox failed, not the program: nothing is known about the program."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use."""

    seconds: float = 4.0
    """Wall clock; CPU time is limited to the next whole second above."""
    memory_bytes: int = 512 << 20
    """Address space (RLIMIT_AS), the interpreter's own 40 MB or so included."""
    output_bytes: int = 64 << 10
    """Standard output, and the repr of a returned value."""
    threads: int = 16
    """Threads, the main one included; processes can never be started."""


@dataclass(frozen=True, slots=True)
class ExecResult:
    """One run of one program."""

    status: ExecStatus
    output: str = ""
    """`stdio`: what it printed until it ended; `function`: repr of the returned value, empty if there is none."""
    kind: str | None = None
    """Name of the exception type or signal, where there is one; for INFRASTRUCTURE, what failed."""
    seconds: float = 0.0
    """Wall clock from fork to end."""


@dataclass(frozen=True, slots=True)
class Job:
    """One program and the tests to run it on."""

    code: str
    tests: tuple[IOTest, ...]
    io: Io = "function"
    entry_point: str | None = None
    """Name of the function to call; None for `stdio`."""
    checker: Literal["exact", "tokens"] = "exact"
    """How outputs on `stdio` are compared (`workers.pipeline.compare`)."""
