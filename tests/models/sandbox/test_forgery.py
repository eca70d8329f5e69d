"""Attacks on the verdict: finding the expected output, forging a report, poisoning the next run."""

from __future__ import annotations

import pytest

from models.sandbox import ExecStatus, Limits, Sandbox
from workers.pipeline.types import IOTest


def test_the_expected_output_is_nowhere_to_be_found(sandbox: Sandbox) -> None:
    search = """
import gc, sys
def f(word):
    frame, seen = sys._getframe(), []
    while frame:
        seen.append(repr(frame.f_locals) + repr(frame.f_globals)); frame = frame.f_back
    seen += [repr(o) for o in gc.get_objects() if isinstance(o, (dict, list, tuple))]
    return word[::-1] in "".join(seen)
"""
    limits = Limits(memory_bytes=2 << 30)
    for expected in ("'desrever-eldeen'", "'eldeen'"):
        result = sandbox.run_tests(search, [IOTest("'needle-reversed'", expected)], "function", "f", limits)[0]
        assert (result.status, result.output) == (ExecStatus.WRONG_OUTPUT, "False")


FORGE = """
import os, sys
def f():
    frame = sys._getframe()
    nonce = b"0" * 16
    while frame:
        nonce = frame.f_locals.get("nonce", nonce); frame = frame.f_back
    for fd in range(0, 64):
        for record in (RECORDS):
            try:
                os.pwrite(fd, record.replace(b"NONCE", nonce), 0)
            except OSError:
                pass
    os._exit(CODE)
"""


@pytest.mark.parametrize("code", [0, 1])
def test_leaving_early_is_not_success(sandbox: Sandbox, code: int) -> None:
    leave = f"import os\ndef f(): os._exit({code})"
    for test in (IOTest("", "None"), IOTest("", "''"), IOTest("")):
        result = sandbox.run_tests(leave, [test], entry_point="f")[0]
        assert (result.status, result.kind) == (ExecStatus.EXCEPTION, "SystemExit")
    assert sandbox.run_tests("import os; os._exit(0)", [IOTest("", "1")], "stdio")[0].status is ExecStatus.WRONG_OUTPUT


def test_a_forged_report_is_an_answer_like_any_other(sandbox: Sandbox) -> None:
    """Even with the nonce, found by walking up the stack, a program can claim a value but not that it is right."""
    for records, status in (
        (["NONCE\\nsuccess\\n\\n42"], ExecStatus.WRONG_OUTPUT),
        (["wrong\\nsuccess\\n\\n41"], ExecStatus.EXCEPTION),
        (["NONCE\\ninfrastructure failure\\nx\\n"], ExecStatus.EXCEPTION),
        (["NONCE\\ntimeout\\n\\n"], ExecStatus.EXCEPTION),
        (["{}", "NONCE", "\\xff\\n" * 4], ExecStatus.EXCEPTION),
    ):
        forge = FORGE.replace("RECORDS", "".join(f'b"{record}", ' for record in records)).replace("CODE", "0")
        result = sandbox.run_tests(forge, [IOTest("", "41")], entry_point="f")[0]
        assert result.status is status, (records, result)


@pytest.mark.parametrize(
    "poison",
    [
        "import builtins; builtins.repr = lambda x: '41'",
        "import os; os._exit = lambda code: None; os.pwrite = lambda *a: 0",
        "import sys; sys.modules.clear(); sys.stdout = None",
        "import os; os.closerange(0, 64)",
        "import gc; [o.clear() for o in gc.get_objects() if type(o) is dict and '__name__' in o and 'f' not in o]",
        "import builtins; builtins.__dict__.clear()",
        "import sys; sys.settrace(lambda *a: 1 / 0); sys.setrecursionlimit(50)",
    ],
)
def test_poison_does_not_reach_the_next_run(sandbox: Sandbox, poison: str) -> None:
    code = f"def f():\n    {poison}\n    return 42"
    result, honest = (
        sandbox.run_tests(text, [IOTest("", "42")], entry_point="f")[0] for text in (code, "def f(): return 42")
    )
    assert result.status in (ExecStatus.SUCCESS, ExecStatus.WRONG_OUTPUT, ExecStatus.EXCEPTION)
    assert (honest.status, honest.output) == (ExecStatus.SUCCESS, "42")
