"""The sandbox: a pool of warm fork servers, and the verdict on what they report.

The expected output never leaves this process: the jail is asked what a program does, and the answer is compared here.
"""

from __future__ import annotations

import ast
import atexit
import functools
import os
import queue
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, Self

from models.sandbox.forkserver import ForkServer, ServerLost
from models.sandbox.types import ExecResult, ExecStatus, Job, Limits, SandboxUnavailable, Tier
from workers.pipeline.compare import matches
from workers.pipeline.errors import InputError
from workers.pipeline.syntax import PARSE_ERRORS
from workers.pipeline.types import Io, IOTest

Checker = Literal["exact", "tokens"]


class Sandbox:
    """Runs untrusted programs, each run in a process of its own. Safe to use from several threads."""

    def __init__(self, slots: int = 1, tier: Tier | None = None, hash_seed: int = 0) -> None:
        """Start with one server; up to `slots` run side by side. `tier=None` takes the first that works.

        Programs see sets of strings in the order that `hash_seed` gives. Raises SandboxUnavailable where no tier works.
        """
        self.slots, self.hash_seed = slots, hash_seed
        first = ForkServer(tier, hash_seed) if tier else _first_that_works(hash_seed)
        self.tier = first.tier
        self._idle: queue.LifoQueue[ForkServer | None] = queue.LifoQueue()
        for server in [*[None] * (slots - 1), first]:
            self._idle.put(server)

    def run(self, program: str, stdin: str = "", limits: Limits | None = None) -> ExecResult:
        """Run a script on the text of its standard input. SUCCESS means that it ended by itself."""
        return self._ask({"code": program, "stdin": stdin, "entry_point": None, "arguments": ""}, limits or Limits())

    def run_tests(
        self,
        code: str,
        tests: Sequence[IOTest],
        io: Io = "function",
        entry_point: str | None = None,
        limits: Limits | None = None,
        checker: Checker = "exact",
    ) -> list[ExecResult]:
        """One result per test, in order, each from a fresh process; no test's outcome can change another's.

        SUCCESS and WRONG_OUTPUT are told apart where the test has an output. Raises InputError if there is no entry
        point to call, or an input is no argument list.
        """
        limits = limits or Limits()
        if io == "function":
            _check_calls(tests, entry_point)
        results = []
        for test in tests:
            stdin, arguments, name = (test.input, "", None) if io == "stdio" else ("", test.input, entry_point)
            job = {"code": code, "stdin": stdin, "entry_point": name, "arguments": arguments}
            results.append(_judge(self._ask(job, limits), test, io, checker))
        return results

    def map(self, jobs: Iterable[Job], limits: Limits | None = None) -> Iterator[list[ExecResult]]:
        """`run_tests` on each job, `slots` at a time; results in the order of the jobs."""

        def run(job: Job) -> list[ExecResult]:
            return self.run_tests(job.code, job.tests, job.io, job.entry_point, limits, job.checker)

        with ThreadPoolExecutor(self.slots, "sandbox") as pool:
            yield from pool.map(run, jobs)

    def close(self) -> None:
        """Stop every server. No run may be under way."""
        for server in [self._idle.get_nowait() for _ in range(self.slots)]:
            if server is not None:
                server.close()
            self._idle.put(None)

    def __enter__(self) -> Self:
        """Use as a context manager: servers stop at its end."""
        return self

    def __exit__(self, *error: object) -> None:
        """Stop every server."""
        self.close()

    def _ask(self, job: Mapping[str, object], limits: Limits) -> ExecResult:
        server = self._idle.get()
        keep: ForkServer | None = None
        try:
            server = server or ForkServer(self.tier, self.hash_seed)
            answer = server.ask(job, limits)
            keep = server
        except ServerLost as error:
            return ExecResult(ExecStatus.INFRASTRUCTURE, kind=str(error))
        finally:
            if keep is None and server is not None:
                server.close()  # whatever went wrong, an answer may still be on its way: this server is not reused
            self._idle.put(keep)
        return ExecResult(ExecStatus(answer["status"]), answer["output"], answer["kind"], answer["seconds"])


@functools.cache
def _shared(_process: int) -> Sandbox:
    """The sandbox behind `run` and `run_tests`, one per process id: servers must not be shared across a fork."""
    sandbox = Sandbox(slots=os.cpu_count() or 1)
    atexit.register(sandbox.close)
    return sandbox


def run(program: str, stdin: str = "", limits: Limits | None = None) -> ExecResult:
    """`Sandbox.run` on a sandbox started at first use."""
    return _shared(os.getpid()).run(program, stdin, limits)


def run_tests(
    code: str,
    tests: Sequence[IOTest],
    io: Io = "function",
    entry_point: str | None = None,
    limits: Limits | None = None,
    checker: Checker = "exact",
) -> list[ExecResult]:
    """`Sandbox.run_tests` on a sandbox started at first use."""
    return _shared(os.getpid()).run_tests(code, tests, io, entry_point, limits, checker)


def _first_that_works(hash_seed: int) -> ForkServer:
    reasons = []
    for tier in Tier:
        try:
            return ForkServer(tier, hash_seed)
        except SandboxUnavailable as error:
            reasons.append(str(error))
    raise SandboxUnavailable("refusing to run untrusted code unsandboxed: " + "; ".join(reasons))


def _check_calls(tests: Sequence[IOTest], entry_point: str | None) -> None:
    if not entry_point or not all(part.isidentifier() for part in entry_point.replace("()", "").split(".")):
        raise InputError(f"not the name of a function: {entry_point!r}")
    for test in tests:
        try:
            call = ast.parse(f"f({test.input}\n)", mode="eval").body
        except PARSE_ERRORS as error:
            raise InputError(f"not an argument list: {test.input[:80]!r}") from error
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            raise InputError(f"not an argument list: {test.input[:80]!r}")


def _judge(result: ExecResult, test: IOTest, io: Io, checker: Checker) -> ExecResult:
    if result.status is not ExecStatus.SUCCESS or test.output is None:
        return result
    if matches(result.output, test.output, io, checker, test.tol):
        return result
    return ExecResult(ExecStatus.WRONG_OUTPUT, result.output, None, result.seconds)
