"""The tracer inside the jail: traces one program that the project did not write, and says what it saw as one line.

Runs in a process of the sandbox, where it shares everything with the program. The program finds the means of tracing
taken away from `sys`; whoever gets at the tracer all the same can forge no more than the steps of its own trace, since
the outcome is compared with that of a run without a tracer (`models.trace.jailed`).
"""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
from typing import Any, NoReturn

from models.trace.tracer import trace
from models.trace.types import TraceLimits, TraceRejected

TAKEN = ("settrace", "gettrace", "setprofile", "getprofile", "_getframe", "_current_frames", "_settraceallthreads")
"""Attributes of `sys` that a traced program does not find."""


def main(job: dict[str, Any], mark: str) -> None:
    """Trace `job` and print the result after `mark`, on the real standard output."""
    out = sys.stdout
    _take_away()
    try:
        asked = (job["code"], job["io"], job["entry_point"], job["given"])
        seen = trace(*asked, TraceLimits(**job["limits"]), streams=True, workings=job["workings"])
        answer: dict[str, Any] = dataclasses.asdict(seen)
    except TraceRejected as error:
        answer = {"rejected": str(error)}
    out.write(f"\n{mark}{json.dumps(answer)}\n")
    out.flush()


def _take_away() -> None:
    def refused(*_arguments: object) -> NoReturn:
        raise ValueError("a traced program cannot look at its own tracing")  # which `namedtuple` takes for no frame

    for name in TAKEN:
        if hasattr(sys, name):
            setattr(sys, name, refused)
    for name in ("settrace", "setprofile"):
        setattr(threading, name, refused)
    for name in [name for name in sys.modules if name.split(".")[0] == "models"]:
        del sys.modules[name]
