"""Tracing programs of others in the sandbox: the same trace as outside, and what such programs cannot do to it."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from models.programs import broad
from models.trace.jailed import Jail
from models.trace.kinds import KINDS
from models.trace.tracer import trace
from models.trace.types import TraceRejected


@pytest.fixture(scope="module")
def jail() -> Iterator[Jail]:
    with Jail() as started:
        yield started


def test_a_trace_in_the_jail_is_that_of_the_tracer(jail: Jail) -> None:
    rng, compared = Random("jail"), 0
    while compared < 12:
        source = broad.draw(rng)
        try:
            outside = trace(source.code, source.io, source.entry_point, source.inputs[0])
        except TraceRejected:
            continue
        assert jail.trace(source.code, source.io, source.entry_point, source.inputs[0]) == outside
        compared += 1


def test_standard_streams_are_those_of_the_run(jail: Jail) -> None:
    code = "import sys\nfor line in sys.stdin:\n    sys.stdout.write(line.upper())\nprint(end='!')"
    run = jail.trace(code, "stdio", None, "a\nb\n")
    assert run.output == "A\nB\n!"
    assert [step.printed for step in run.steps if step.printed] == ["A\n", "B\n", "!"]


@pytest.mark.parametrize("workings", KINDS)
def test_what_the_standard_library_asks_of_its_frame_is_no_harm(jail: Jail, workings: str) -> None:
    code = "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(x):\n    return len(P(x, 2))"
    assert jail.trace(code, "function", "f", "1", workings=workings).output == "2"


@pytest.mark.parametrize(
    ("code", "raised", "endless"),
    [
        ("def f(x):\n    return x[5]", "IndexError", False),
        ("def f(x):\n    while x:\n        pass", None, True),
        ("def f(x):\n    raise SystemExit(3)", "SystemExit", False),
        ("class Odd(Exception):\n    pass\ndef f(x):\n    raise Odd", "Odd", False),
    ],
)
def test_failing_and_never_ending_are_data(jail: Jail, code: str, raised: str | None, endless: bool) -> None:
    run = jail.trace(code, "function", "f", "[1]")
    assert (run.output, run.raised, run.endless) == (None, raised, endless)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("import sys; sys.settrace(None)", "otherwise where nobody traces"),
        ("import sys; sys.settrace(lambda *a: None)", "otherwise where nobody traces"),
        ("import sys; sys._getframe().f_trace = None", "otherwise where nobody traces"),
        ("import threading; threading.settrace(None); import sys; sys.gettrace()", "otherwise where nobody traces"),
        ("import os; os._exit(0)", "tampered"),
        ("import os; os.abort()", "ends its process"),
        ("import random; x = random.random()", "not deterministic"),
        ("import time; x = time.time_ns()", "not deterministic"),
        ("x = ''.join({'alpha', 'beta', 'gamma', 'delta', 'eps'})", "not deterministic"),
        ("x = id([])", "not deterministic"),
        ("import sys; x = 'models.trace.tracer' in sys.modules or sys.gettrace", "without a repr|not deterministic"),
        ("x = 'y' * 10 ** 7", "too long"),
        ("x = [0] * 10 ** 9", "too slow or too large"),
    ],
)
def test_what_a_program_tries_is_rejected_with_its_reason(jail: Jail, line: str, reason: str) -> None:
    with pytest.raises(TraceRejected, match=reason):
        jail.trace(f"def f(x):\n    {line}\n    return x", "function", "f", "1")


def test_a_program_that_acts_up_only_when_traced_is_found_out(jail: Jail) -> None:
    code = "import sys\ndef f(x):\n    return 'traced' if sys.settrace.__name__ == 'refused' else 'free'"
    with pytest.raises(TraceRejected, match="otherwise where nobody traces"):
        jail.trace(code, "function", "f", "1")


def test_a_forged_report_is_no_trace(jail: Jail) -> None:
    code = 'def f(x):\n    import os\n    os.write(1, b\'{"steps": [], "output": "7"}\')\n    os._exit(0)'
    with pytest.raises(TraceRejected, match="tampered"):
        jail.trace(code, "function", "f", "1")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("import numpy_or_what_is_not_there", "an import that fails"),
        ("from math import no_such_thing", "an import that fails"),
        ("open('/no/such/file')", "an error of the system"),
        ("open('/etc/hostname', 'w')", "an error of the system"),
        ("raise TimeoutError", "an error of the system"),
    ],
)
def test_what_the_system_refuses_is_no_outcome_of_a_program(jail: Jail, line: str, reason: str) -> None:
    with pytest.raises(TraceRejected, match=reason):
        jail.trace(f"def f(x):\n    {line}\n    return x", "function", "f", "1")
    with pytest.raises(TraceRejected, match=reason):
        jail.trace(line, "stdio", None, "")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("zz", "more than values"),
        ("[1, zz]", "more than values"),
        ("x=zz", "more than values"),
        ("range(3)", "more than values"),
        ("set(zz)", "more than values"),
        ("[1][5]", "more than values"),
        ("*[1]", "more than values"),
        ("1 / 0", "before a line"),
        ("{[]: 1}", "before a line"),
        ("1, 2", "before a line"),
        ("1)(2", "not an argument list"),
        ("1, (", "not an argument list"),
    ],
)
def test_an_error_in_the_input_is_none_of_the_program(jail: Jail, given: str, reason: str) -> None:
    with pytest.raises(TraceRejected, match=reason):
        jail.trace("def f(x):\n    return x", "function", "f", given)


@pytest.mark.parametrize("given", ["-1", "[0] * 3", "{'a': (1, None)}", "1 + 2j", "x=set()", "frozenset({1})", "'zz'"])
def test_values_are_taken_as_inputs(jail: Jail, given: str) -> None:
    assert jail.trace("def f(x):\n    return x", "function", "f", given).output is not None


def test_a_program_that_raises_a_name_error_itself_is_data(jail: Jail) -> None:
    assert jail.trace("def f(x):\n    return zz", "function", "f", "1").raised == "NameError"
