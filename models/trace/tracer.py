"""Runs a program line by line and records what each line did.

Only code that this project's generators wrote comes here directly, in a child process with limits
(`models.trace.limits`); what others wrote comes here inside the sandbox (`models.trace.jailed`). It knows nothing of
narratives.
"""

from __future__ import annotations

import ast
import builtins
import io as io_
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

from models.trace.kinds import KINDS
from models.trace.limits import TimeExceeded, deadline
from models.trace.recorder import FILENAME, Address, Recorder, StepsExceeded, TooDeep, TooLong
from models.trace.source_lines import SourceLines
from models.trace.types import LIMITS, Trace, TraceLimits, TraceRejected

_settrace, _gettrace = sys.settrace, sys.gettrace  # a jail takes them away from the program
REASONS: dict[type[BaseException], str] = {
    TooDeep: "too many open calls", TooLong: "a value too long to tell", Address: "returns an object without a repr",
    TimeExceeded: "too slow or too large", MemoryError: "too slow or too large",  # which comes first is chance
}  # fmt: skip


def trace(
    code: str,
    io: str,
    entry_point: str | None,
    given: str,
    limits: TraceLimits = LIMITS,
    streams: bool = False,
    workings: str = "plain",
) -> Trace:
    """Run a program on one input and record it.

    `given` is an argument list for `function`, standard input for `stdio`. `streams` is for programs that use
    `sys.stdin` and `sys.stdout` themselves: those of this process are replaced, so it must be a process of its own.
    `workings` is how those of a line are told, one of `models.trace.kinds.KINDS`.
    Raises `TraceRejected` if the run cannot be told; the program's own exceptions and endless loops are data.
    """
    tree = ast.parse(code)
    try:
        compile(tree, FILENAME, "exec", dont_inherit=True)
    except SyntaxError:  # what parses may not compile: a `global` after the name is used
        raise TraceRejected("does not compile") from None
    kind = KINDS[workings]
    recorder = Recorder(SourceLines.of(code, tree), limits, kind.workings())
    namespace = _streams(given, recorder) if streams else _namespace(given if io == "stdio" else "", recorder)
    namespace["__builtins__"] |= recorder.workings.names()
    kind.instrument(tree)
    compiled = compile(tree, FILENAME, "exec", dont_inherit=True)  # this module's `__future__` is not the program's
    output = raised = None
    endless = False
    try:
        with deadline(limits.seconds):
            output = _run(compiled, namespace, recorder, None if io == "stdio" else (entry_point or "f", given))
    except StepsExceeded:
        endless = True
    except (TooDeep, TooLong, Address, TimeExceeded, MemoryError) as error:
        raise TraceRejected(REASONS[type(error)]) from None
    except SystemExit as stop:
        raised = "SystemExit" if io == "function" or stop.code not in (None, 0) else None
        output = "".join(recorder.out) if raised is None else None
    except Exception as error:  # noqa: BLE001  # the program's own exception, whatever it is, is its outcome
        raised = type(error).__name__
    if not endless and recorder.tampered:
        raise TraceRejected("tampered with the tracer")
    if recorder.count > limits.steps and not (endless and recorder.in_while):
        raise TraceRejected("too many steps")
    return Trace(tuple(recorder.steps), output, raised, endless)


def _run(compiled: CodeType, namespace: dict[str, Any], recorder: Recorder, call: tuple[str, str] | None) -> str:
    if call is None:
        with _recording(recorder):
            exec(compiled, namespace)
        return "".join(recorder.out)
    exec(compiled, namespace)
    bound = eval(f"(lambda *a, **k: (a, k))({call[1]})", {"__builtins__": {"set": set, "frozenset": frozenset}})
    with _recording(recorder):
        result = namespace[call[0]](*bound[0], **bound[1])
    return recorder.outcome(result)


@contextmanager
def _recording(recorder: Recorder) -> Iterator[None]:
    _settrace(recorder.on_call)
    try:
        yield
    finally:
        recorder.tampered = _gettrace() != recorder.on_call  # also after an error in the recorder itself
        _settrace(None)


def _namespace(stdin: str, recorder: Recorder) -> dict[str, Any]:
    lines = iter(stdin.split("\n"))

    def read(_prompt: str = "") -> str:
        line = next(lines, None)
        if line is None:
            raise EOFError("EOF when reading a line")
        return line

    def write(*items: object, sep: str = " ", end: str = "\n") -> None:
        recorder.out.append(sep.join(map(str, items)) + end)
        if sum(map(len, recorder.out[-40:])) > 4 * recorder.limits.repr_chars:
            raise TooLong

    return {"__name__": "__main__", "__builtins__": {**vars(builtins), "input": read, "print": write}}


class _Out(io_.TextIOBase):
    """Standard output as the recorder takes it."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def write(self, text: str) -> int:
        self._recorder.out.append(text)
        if sum(map(len, self._recorder.out[-40:])) > 4 * self._recorder.limits.repr_chars:
            raise TooLong
        return len(text)


def _streams(stdin: str, recorder: Recorder) -> dict[str, Any]:
    sys.stdin, sys.stdout = io_.StringIO(stdin), _Out(recorder)
    return {"__name__": "__main__", "__builtins__": dict(vars(builtins))}
