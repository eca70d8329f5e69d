"""Runs of the programs that rows are about: where they run, and how long."""

from __future__ import annotations

import functools
import os

from models.dataset.records import Dropped
from models.programs.source import Source
from models.trace.jailed import Jail
from models.trace.tracer import trace
from models.trace.types import Trace, TraceLimits, TraceRejected

LIMITS = TraceLimits(seconds=5.0)
"""Far more than the costliest run within the limit of lines takes, so that load on the machine decides nothing: what is
still running grows without bound."""


def run(source: Source, code: str, given: str, workings: str = "plain") -> Trace:
    """What `code`, called as `source` is, does on an input. Raises `Dropped` where it cannot be told.

    Only what this project generated is traced in this process; what others wrote runs in the sandbox.
    """
    traced = _jail(os.getpid()).trace if source.origin == "corpus" else trace
    try:
        return traced(code, source.io, source.entry_point, given, LIMITS, workings=workings)
    except TraceRejected as error:
        raise Dropped(str(error)) from None


@functools.cache
def _jail(_process: int) -> Jail:
    """One for each process; its servers end with the process."""
    return Jail()
