"""What programs really do on tests: every run in the sandbox, none anywhere else.

Expected outputs never enter the sandbox: it tells what a program does, and the answer is compared out here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from models.sandbox.sandbox import Sandbox
from models.sandbox.types import ExecResult, ExecStatus, Limits
from workers.pipeline.types import IOTest, Prediction, Problem

LIMITS = Limits(seconds=2.0)
_UNKNOWN = Prediction(reason="the sandbox failed")


class Grader(Protocol):
    """Executes; `SandboxGrader`, or a table in tests."""

    def passes(self, problem: Problem, code: str, tests: Sequence[IOTest]) -> bool | None:
        """Whether a program passes every test; None if the sandbox failed and nothing is known."""
        ...

    def observe(self, problem: Problem, code: str, tests: Sequence[IOTest]) -> list[Prediction]:
        """What the program does on each test, in the form of a prediction."""
        ...


class SandboxGrader:
    """Runs programs in a sandbox. Safe to use from as many threads as the sandbox has slots."""

    def __init__(self, sandbox: Sandbox, limits: Limits = LIMITS) -> None:
        self._sandbox = sandbox
        self._limits = limits

    def passes(self, problem: Problem, code: str, tests: Sequence[IOTest]) -> bool | None:
        """See `Grader`. Test by test up to the first that fails, so that a program that hangs hangs once."""
        for test in tests:
            status = self._run(problem, code, test).status
            if status is ExecStatus.INFRASTRUCTURE:
                return None
            if status is not ExecStatus.SUCCESS:
                return False
        return bool(tests)

    def observe(self, problem: Problem, code: str, tests: Sequence[IOTest]) -> list[Prediction]:
        """See `Grader`."""
        return [_seen(self._run(problem, code, test)) for test in tests]

    def _run(self, problem: Problem, code: str, test: IOTest) -> ExecResult:
        """One run; a failure of the sandbox itself, which says nothing of the program, is tried once more."""
        for _ in range(2):
            (result,) = self._sandbox.run_tests(
                code, [test], problem.io, problem.entry_point, self._limits, problem.checker
            )
            if result.status is not ExecStatus.INFRASTRUCTURE:
                break
        return result


def _seen(result: ExecResult) -> Prediction:
    """A run as feedback shows it; a program that floods its output is one that does not finish."""
    match result.status:
        case ExecStatus.SUCCESS | ExecStatus.WRONG_OUTPUT:
            return Prediction(output=result.output, finishes=True)
        case ExecStatus.TIMEOUT | ExecStatus.OUTPUT_LIMIT:
            return Prediction(finishes=False)
        case ExecStatus.INFRASTRUCTURE:
            return _UNKNOWN
        case ExecStatus.SYNTAX_ERROR:
            return Prediction(raises="SyntaxError", finishes=True)
        case ExecStatus.OUT_OF_MEMORY:
            return Prediction(raises="MemoryError", finishes=True)
    return Prediction(raises=result.kind or "Exception", finishes=True)
