"""Golden traces: what each executed line did, and how the run ended."""

from __future__ import annotations

import pytest

from models.trace.tracer import trace
from models.trace.types import Trace, TraceLimits, TraceRejected

ADD_LARGE = """def f(nums, k):
    total = 0
    for x in nums:
        if x > k:
            total += x
    return total"""
FACTORIAL = "def f(n):\n    if n <= 0:\n        return 1\n    return n * f(n - 1)"
HELPER = """def g(x):
    return x + 1

def f(nums):
    out = []
    for x in nums:
        out.append(g(x))
    return out"""
ESCAPING = "def f(n):\n    return g(n)\n\ndef g(n):\n    return [1][n]"
CAUGHT = "def f(d, k):\n    try:\n        return d[k]\n    except KeyError:\n        return -1"
STDIN = "n = int(input())\nxs = list(map(int, input().split()))\nfor x in xs:\n    print(x * n)"
ENDLESS = "def f(n):\n    while n > 0:\n        n += 1\n    return n"


def told(run: Trace) -> list[tuple[object, ...]]:
    """Each step as line, changes, and what else happened there."""
    rows: list[tuple[object, ...]] = []
    for step in run.steps:
        extra = [f"raised {step.raised}"] if step.raised else []
        extra += ["call"] if step.calls else []
        extra += [f"value {step.value}"] if step.value is not None else []
        extra += [f"printed {step.printed!r}"] if step.printed else []
        rows.append((step.line, step.changes, *extra))
    return rows


def test_a_loop_with_a_branch() -> None:
    run = trace(ADD_LARGE, "function", "f", "[3, 1], k=2")
    assert told(run) == [
        (1, {"nums": "[3, 1]", "k": "2"}),
        (2, {"total": "0"}),
        (3, {"x": "3"}),
        (4, {}),
        (5, {"total": "3"}),
        (3, {"x": "1"}),
        (4, {}),
        (3, {"x": "1"}),  # the head once more, at the end of the list: its variable is always told
        (6, {}, "value 3"),
    ]
    assert (run.output, run.raised, run.endless) == ("3", None, False)


def test_recursion_tells_the_calling_line_before_and_after() -> None:
    run = trace(FACTORIAL, "function", "f", "1")
    assert told(run) == [
        (1, {"n": "1"}),
        (2, {}),
        (4, {}, "call"),
        (1, {"n": "0"}),
        (2, {}),
        (3, {}, "value 1"),
        (4, {}, "value 1"),
    ]
    assert [step.frame for step in run.steps] == [0, 0, 0, 1, 1, 1, 0]


def test_a_helper_call() -> None:
    run = trace(HELPER, "function", "f", "[5]")
    assert told(run)[3:7] == [(7, {}, "call"), (1, {"x": "5"}), (2, {}, "value 6"), (7, {"out": "[6]"})]
    assert run.output == "[6]"


def test_an_exception_is_told_in_every_frame_that_it_leaves() -> None:
    run = trace(ESCAPING, "function", "f", "3")
    assert told(run)[-2:] == [(5, {}, "raised IndexError"), (2, {}, "raised IndexError")]
    assert (run.output, run.raised, run.endless) == (None, "IndexError", False)


def test_a_caught_exception_is_no_outcome() -> None:
    run = trace(CAUGHT, "function", "f", "{'a': 1}, 'b'")
    assert told(run)[2:] == [(3, {}, "raised KeyError"), (4, {}), (5, {}, "value -1")]
    assert (run.output, run.raised) == ("-1", None)


def test_a_stdin_program() -> None:
    run = trace(STDIN, "stdio", None, "2\n3 4\n")
    assert told(run)[:4] == [(1, {"n": "2"}), (2, {"xs": "[3, 4]"}), (3, {"x": "3"}), (4, {}, "printed '6\\n'")]
    assert run.output == "6\n8\n"


def test_input_that_ends_too_early_raises_as_python_does() -> None:
    assert trace(STDIN, "stdio", None, "2").raised == "EOFError"


def test_a_mutation_through_another_name_is_seen() -> None:
    run = trace("def f(a):\n    b = a\n    b.append(1)\n    return a", "function", "f", "[]")
    assert run.steps[2].changes == {"a": "[1]", "b": "[1]"}


def test_a_while_that_never_ends_is_endless() -> None:
    run = trace(ENDLESS, "function", "f", "1")
    assert (run.output, run.raised, run.endless) == (None, None, True)
    assert not trace(ENDLESS, "function", "f", "0").endless


def test_an_endless_loop_cannot_be_hidden_by_the_program() -> None:
    code = (
        "def f(n):\n    while True:\n        try:\n            n += 1\n        except Exception:\n            return 0"
    )
    assert trace(code, "function", "f", "1").endless


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("def f(n):\n    while n > 0:\n        n -= 1\n    return n", "2000"),  # long, but it ends: not endless
        ("def f(n):\n    for i in range(n):\n        n = i\n    return n", "100000"),
        ("def f(n):\n    return f(n + 1)", "0"),
        ("def f(n):\n    return 'a' * n", "199"),
        ("def f(n):\n    s = 'a' * n\n    return 1", "199"),
        ("def f(n):\n    return 10 ** n", "5000"),  # more digits than repr gives
        ("def f(n):\n    return object()", "1"),  # a repr that names an address
        ("def f(n):\n    for i in range(n):\n        print('a' * 100)", "50"),
    ],
)
def test_what_cannot_be_told_is_rejected(code: str, given: str) -> None:
    with pytest.raises(TraceRejected):
        trace(code, "function", "f", given)


def test_a_value_of_the_longest_allowed_repr_is_told() -> None:
    assert trace("def f(n):\n    return 'a' * n", "function", "f", "198").output == repr("a" * 198)


def test_a_program_that_parses_but_does_not_compile_is_rejected() -> None:
    code = "def f(a):\n    a = _n\n    global _n\n    return a"
    with pytest.raises(TraceRejected, match="does not compile"):
        trace(code, "function", "f", "1")


def test_a_single_slow_line_is_stopped() -> None:
    code = "def f(n):\n    return sum(i % 7 for i in range(10 ** n))"
    with pytest.raises(TraceRejected, match="too slow"):
        trace(code, "function", "f", "12", TraceLimits(seconds=0.2))


def test_the_same_run_gives_the_same_trace() -> None:
    assert trace(HELPER, "function", "f", "[5, 6]") == trace(HELPER, "function", "f", "[5, 6]")


def test_tracing_ends_with_the_run() -> None:
    import sys

    trace(ESCAPING, "function", "f", "3")
    assert sys.gettrace() is None or "coverage" in repr(sys.gettrace())


def test_an_object_is_told_by_its_attributes_until_it_has_a_repr_that_works() -> None:
    code = """class Pair:
    def __init__(self, a, b):
        self.a = a
        self.b = b
    def __repr__(self):
        return f'<{self.a}|{self.b}>'
class Bare:
    def __init__(self, a):
        self.a = a
def f(x):
    p = Pair(x, 2)
    q = Bare(x)
    q.a += 1
    return [q.a, p.b]"""
    run = trace(code, "function", "f", "1")
    told = [(s.line, n, v) for s in run.steps for n, v in s.changes.items() if n in ("self", "p", "q")]
    assert told == [
        (2, "self", "Pair()"), (3, "self", "Pair(a=1)"), (4, "self", "<1|2>"), (11, "p", "<1|2>"),
        (8, "self", "Bare()"), (9, "self", "Bare(a=1)"), (12, "q", "Bare(a=1)"), (13, "q", "Bare(a=2)"),
    ]  # fmt: skip
    assert run.output == "[2, 2]"


def test_the_body_of_a_class_is_one_step_and_an_object_that_holds_itself_is_rejected() -> None:
    code = "def f(x):\n    class A:\n        y = 1\n        def g(self):\n            return x\n    return A().g()"
    assert [step.line for step in trace(code, "function", "f", "1").steps] == [1, 2, 6, 4, 5, 6]
    with pytest.raises(TraceRejected):
        trace("class A:\n    pass\ndef f(x):\n    a = A()\n    a.me = a\n    return 1", "function", "f", "1")


def test_a_run_with_too_many_open_calls_is_rejected() -> None:
    code = "def f(n):\n    return n if n < 1 else f(n - 1)"
    assert trace(code, "function", "f", "20").output == "0"
    for given, limits in (("20", TraceLimits(depth=10)), ("10 ** 6", TraceLimits())):
        with pytest.raises(TraceRejected, match="too many open calls"):
            trace(code, "function", "f", given, limits)


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("def f(n):\n    i = 0\n    while i < n:\n        i += 1\n    return i", "40000"),
        ("def f(n):\n    while n > 3:\n        n -= 1\n    for i in range(300000):\n        n += 1\n    return n", "5"),
    ],
)
def test_a_long_run_that_ends_is_not_called_endless(code: str, given: str) -> None:
    with pytest.raises(TraceRejected, match="too many steps"):
        trace(code, "function", "f", given, TraceLimits(seconds=20.0))


def test_endless_is_said_of_a_loop_in_a_caller_too() -> None:
    code = "def g(n):\n    return n + 1\ndef f(n):\n    while n:\n        n = g(n)"
    assert trace(code, "function", "f", "1", TraceLimits(seconds=20.0)).endless


def test_what_is_returned_is_told_at_the_return_although_finally_runs_after_it() -> None:
    code = "def f(a):\n    x = 1\n    try:\n        return a\n    finally:\n        x = 3"
    run = trace(code, "function", "f", "7")
    assert [(step.line, step.value) for step in run.steps] == [(1, None), (2, None), (3, None), (4, "7"), (6, None)]
