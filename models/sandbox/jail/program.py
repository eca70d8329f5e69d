"""Runs one untrusted program inside its jail and says what became of it. Knows nothing of expected outputs.

What it reports is a claim: the program shares this process and can forge it. All it can forge is its own answer, which
is compared with the expected one elsewhere.
"""

from __future__ import annotations

import atexit
import sys
import threading
import types

Report = tuple[str, str, str]
"""Status (a value of ExecStatus), kind of exception or "", repr of the returned value or ""."""


def execute(code: str, entry_point: str | None, arguments: str) -> Report:
    """Run `code`; with an `entry_point`, call it on `arguments` (a Python argument list) and take the repr."""
    try:
        program = compile(code, "<program>", "exec", dont_inherit=True)
    except MemoryError:
        return "out of memory", "MemoryError", ""
    except (SyntaxError, ValueError, OverflowError, RecursionError) as error:  # ValueError: NUL bytes, lone surrogates
        return "syntax error", type(error).__name__, ""
    try:
        return "success", "", _outcome(program, entry_point, arguments)
    except MemoryError:
        return "out of memory", "MemoryError", ""
    except SystemExit as stop:
        good = entry_point is None and stop.code in (None, 0)
        return ("success", "", "") if good else ("exception", "SystemExit", "")
    except BaseException as error:  # noqa: BLE001 - whatever a program raises is what there is to know about it
        return "exception", str(type(error).__name__)[:100], ""


def _outcome(program: types.CodeType, entry_point: str | None, arguments: str) -> str:
    name = "solution" if entry_point else "__main__"  # a function's file is imported: no `if __name__ == "__main__"`
    module = sys.modules[name] = types.ModuleType(name)  # where dataclasses and pickle look a class's module up
    try:
        exec(program, module.__dict__)
        if entry_point is None:
            return ""
        return str(repr(eval(f"{entry_point}({arguments}\n)", module.__dict__)))
    finally:
        _leave()


def _leave() -> None:
    """What the interpreter does at its end: wait for threads, call what `atexit` holds, flush."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
