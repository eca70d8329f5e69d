"""A traced program does what it does untraced: each part of it is evaluated as often, and in the same order."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest

from models.trace.kinds import KINDS
from models.trace.tracer import trace
from models.trace.types import TraceLimits
from models.trace.workings import kept
from tests.models.trace.logged import LOGGING, logging
from tests.models.trace.test_own_objects import BODIES, OBJECTS
from tests.models.trace.whole import PROGRAMS

ROOMY = TraceLimits(steps=5_000, seconds=60.0, repr_chars=10_000)
RAISES = re.compile(r"# raises (\w+)")


def untraced(code: str) -> tuple[str | None, str | None]:
    """What `f(6)` of a program returns, as text, or what it raises."""
    names: dict[str, Any] = {"__name__": "__main__"}
    try:
        exec(compile(code, "<untraced>", "exec", dont_inherit=True), names)
        return repr(names["f"](6)), None
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the outcome
        return None, type(error).__name__


def said_to_raise(code: str) -> str | None:
    said = RAISES.search(code)
    return said[1] if said else None


@pytest.mark.parametrize("workings", KINDS)
@pytest.mark.parametrize("line", LOGGING.split("\n")[1:-1])
def test_objects_are_asked_what_they_are_asked_untraced(line: str, workings: str) -> None:
    code = logging(line)
    output, raised = untraced(code)
    assert output is not None and raised is None
    assert output.startswith(("('" + kind + "(", "(\"" + kind + "(") if (kind := said_to_raise(line)) else "(None, ")
    run = trace(code, "function", "f", "6", ROOMY, workings=workings)
    assert (run.output, run.raised) == (output, None)


@pytest.mark.parametrize("workings", KINDS)
@pytest.mark.parametrize("code", PROGRAMS.split("----\n"))
def test_programs_end_as_untraced(code: str, workings: str) -> None:
    output, raised = untraced(code)
    assert raised == said_to_raise(code)
    run = trace(code, "function", "f", "6", ROOMY, workings=workings)
    assert (run.output, run.raised) == (output, raised)


@pytest.mark.parametrize("workings", KINDS)
@pytest.mark.parametrize("body", [body for body in BODIES.split("\n")[1:-1] if "Set(" not in body])
def test_methods_are_called_as_often_as_untraced(body: str, workings: str) -> None:
    """All but `__repr__`, by which values are told, and what it calls."""
    line = body if " = " in body else f"x = {body}"
    code = (
        f"{OBJECTS}def f(n):\n    ps = [P(i) for i in range(n)]\n    {line}\n"
        "    return {name: count for name, count in CALLS.items() if name != 'repr'}\n"
    )
    run = trace(code, "function", "f", "6", ROOMY, workings=workings)
    expected, raised = untraced(code)
    assert run.raised is raised is None
    assert ast.literal_eval(run.output or "") == ast.literal_eval(expected or "")


@pytest.mark.parametrize("workings", KINDS)
def test_places_of_the_programs_own_are_told_too(workings: str) -> None:
    run = trace(logging("d = Zero(a=100); d['a'] += 345"), "function", "f", "6", ROOMY, workings=workings)
    (line,) = [kept(step.told) for step in run.steps if step.told]
    assert line == (("100 + 345",) if workings == "plain" else ("100 + 345: 5 4 4",))


@pytest.mark.parametrize("line", ["n[0][0] += 1", "n[0:1] += [1]", "n[abs(0)] += [1]", "n[-1] += [1]", "n[0] += [1]"])
def test_other_places_are_not_told(line: str) -> None:
    run = trace(f"def f(n):\n    {line}\n    return n", "function", "f", "[[2]]", ROOMY)
    assert run.raised is None
    assert not [step.told for step in run.steps if step.told]


def test_a_signature_of_several_lines_is_one_step() -> None:
    code = "def g(\n    a: int,\n    b: list[int],\n) -> list[\n    int\n]:\n    return b\n\nprint(g(1, []))"
    run = trace(code, "stdio", None, "", ROOMY)
    assert [step.line for step in run.steps] == [1, 9, 1, 7, 9]


def test_an_annotation_of_several_lines_is_no_step_of_its_own() -> None:
    code = "x: dict[\n    int,\n    list[int],\n] = {}\nclass A:\n    y: list[\n        int\n    ] = [1]\nprint(x)"
    assert [step.line for step in trace(code, "stdio", None, "", ROOMY).steps] == [1, 4, 1, 5, 9]


def test_an_endless_loop_tells_nothing_of_the_lines_that_are_only_counted() -> None:
    run = trace("def f(n):\n    while n > 0:\n        n += sum([1, 2])\n", "function", "f", "1", ROOMY)
    assert run.endless
    assert all(len(step.told) <= 3 for step in run.steps)
