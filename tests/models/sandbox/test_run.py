"""What honest and broken programs come to."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from models.sandbox import ExecStatus, Job, Limits, Sandbox, run, run_tests
from tests.models.sandbox.conftest import descendants
from workers.pipeline.errors import InputError
from workers.pipeline.types import IOTest


def test_a_script_reads_its_input_and_prints(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "import sys\na = input()\nprint(a, sys.stdin.read().strip(), open(0).read() == '')", "one\ntwo é\n"
    )
    assert (result.status, result.output) == (ExecStatus.SUCCESS, "one two é True\n")
    assert result.seconds > 0


def test_a_function_returns_the_repr_of_its_value(sandbox: Sandbox) -> None:
    code = "def f(a, *, b=2):\n    print('noise')\n    return {a: b}\nif __name__ == '__main__':\n    raise OSError"
    tests = [IOTest("'x'", "{'x': 2}"), IOTest("1, b=[3]", "{1: [3]}"), IOTest("1", "{1: 3}"), IOTest("1")]
    results = sandbox.run_tests(code, tests, entry_point="f")
    assert [r.status for r in results] == ["success", "success", "wrong output", "success"]
    assert [r.output for r in results] == ["{'x': 2}", "{1: [3]}", "{1: 2}", "{1: 2}"]


def test_a_method_of_a_fresh_object_can_be_the_entry_point(sandbox: Sandbox) -> None:
    code = "class Solution:\n    def twice(self, n):\n        return 2 * n"
    assert sandbox.run_tests(code, [IOTest("4", "8")], entry_point="Solution().twice")[0].status == "success"


def test_stdio_output_is_compared_by_lines_or_tokens(sandbox: Sandbox) -> None:
    code, test = "print(*input().split(), sep='\\n')", IOTest("1 2", "1 2")
    assert sandbox.run_tests(code, [test], "stdio")[0].status == "wrong output"
    assert sandbox.run_tests(code, [test], "stdio", checker="tokens")[0].status == "success"


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("1 +", "syntax error", "SyntaxError"),
        ("\0", "syntax error", None),
        ("x = '\ud800'", "syntax error", "UnicodeEncodeError"),
        ("(" * 5000, "syntax error", None),
        ("{}['k']", "exception", "KeyError"),
        ("class Odd(Exception): pass\nraise Odd", "exception", "Odd"),
        ("raise SystemExit(3)", "exception", "SystemExit"),
        ("def f(): f()\nf()", "exception", "RecursionError"),
        ("input()", "exception", "EOFError"),
        ("import ctypes\nctypes.string_at(0)", "exception", "SIGSEGV"),
        ("import os\nos.abort()", "exception", "SIGABRT"),
        ("exit()", "success", None),
        ("import os\nos.close(1); os.close(0)", "success", None),
    ],
)
def test_every_end_has_its_name(sandbox: Sandbox, code: str, status: str, kind: str | None) -> None:
    result = sandbox.run(code)
    assert result.status == status
    assert kind is None or result.kind == kind


def test_threads_and_exit_handlers_finish_before_the_verdict(sandbox: Sandbox) -> None:
    code = """
import atexit, threading, time
atexit.register(print, "last")
threading.stack_size(1 << 20)
threading.Thread(target=lambda: (time.sleep(0.05), print("thread"))).start()
print("main")
"""
    assert sandbox.run(code).output == "main\nthread\nlast\n"


def test_library_modules_that_were_not_preloaded_can_be_imported(sandbox: Sandbox) -> None:
    code = """
import sys
assert not {"asyncio", "difflib", "json.tool"} & set(sys.modules)
import asyncio, difflib, json.tool, concurrent.futures, decimal
async def main(): return "é".encode("cp437")
print(asyncio.run(main()), decimal.Decimal(1) / 3)
"""
    result = sandbox.run(code)
    assert (result.status, result.output) == ("success", "b'\\x82' 0.3333333333333333333333333333\n"), result


def test_runs_repeat_exactly(sandbox: Sandbox) -> None:
    code = "print({str(i) for i in range(50)}, hash('x'))"
    assert sandbox.run(code).output == sandbox.run(code).output


@pytest.mark.parametrize("arguments", ["1)", "1) + (2", "1, 2), g(3", "=", "\0"])
def test_an_input_that_is_no_argument_list_is_refused(sandbox: Sandbox, arguments: str) -> None:
    with pytest.raises(InputError):
        sandbox.run_tests("def f(*a): pass", [IOTest(arguments)], entry_point="f")


@pytest.mark.parametrize("name", [None, "", "f(1) or f", "f;g"])
def test_an_entry_point_must_be_a_name(sandbox: Sandbox, name: str | None) -> None:
    with pytest.raises(InputError):
        sandbox.run_tests("def f(*a): pass", [IOTest("1")], entry_point=name)


def test_jobs_are_answered_in_order_side_by_side() -> None:
    code = "import time\ndef f(n):\n    time.sleep(0.3)\n    return n"
    jobs = [Job(code, (IOTest(str(n), str(n)),), entry_point="f") for n in range(4)]
    with Sandbox(slots=4) as sandbox:
        results = [result[0] for result in sandbox.map(jobs)]
    assert [(r.status, r.output) for r in results] == [("success", str(n)) for n in range(4)]


def test_the_shared_sandbox_serves_several_threads() -> None:
    outputs: list[str] = []
    calls = [threading.Thread(target=lambda n=n: outputs.append(run(f"print({n})").output)) for n in range(8)]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert sorted(outputs) == [f"{n}\n" for n in range(8)]
    assert run_tests("def f(): return 1", [IOTest("", "1")], entry_point="f")[0].status == "success"


def test_a_lost_server_is_told_from_a_failing_program_and_replaced() -> None:
    before = descendants()
    with Sandbox() as sandbox:
        for pid in descendants() - before:
            os.kill(pid, signal.SIGKILL)
        result = sandbox.run("print(1)")
        assert result.status is ExecStatus.INFRASTRUCTURE
        assert result.kind
        assert sandbox.run("print(1)").output == "1\n"
    assert descendants() == before


def test_limits_are_those_asked_for(sandbox: Sandbox) -> None:
    big = "import mmap\nprint(len(mmap.mmap(-1, 300 << 20)))"
    assert sandbox.run(big).status == "success"
    assert sandbox.run(big, limits=Limits(memory_bytes=200 << 20)).kind == "OSError"
    assert sandbox.run("print('x' * 99)", limits=Limits(output_bytes=100)).status == "success"
    assert sandbox.run("print('x' * 100)", limits=Limits(output_bytes=100)).status == "output limit"
