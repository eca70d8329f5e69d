"""Traces programs that the project did not write, in the sandbox. Slower than `tracer`: each run is its own process.

A trace is believed only if two runs under different hash seeds are equal, and if a run without a tracer ends in the
same outcome: what depends on time, chance, addresses or the order of a set is rejected, and so is what plays with the
tracer. The machine answers all three alike: `models.programs.alone` finds what asks it in the text of a program, and
here a run is rejected that ends in an error of the system or of an import.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import functools
import importlib.resources
import json
import secrets
from types import TracebackType
from typing import Any, Self

from models.sandbox import ExecResult, ExecStatus, Limits, Sandbox, SandboxUnavailable
from models.trace.types import Trace, TraceLimits, TraceRejected, TraceStep
from workers.pipeline.compare import matches
from workers.pipeline.errors import InputError
from workers.pipeline.syntax import PARSE_ERRORS
from workers.pipeline.types import Io, IOTest

SHIPPED = (
    "types", "limits", "values", "source_lines", "workings", "columns", "pieces", "spelled", "stepped", "places",
    "ahead", "nodes", "instrument", "speller", "stepper", "kinds", "recorder", "tracer", "inside",
)  # fmt: skip
"""Modules of this package, each after those it imports. The jail sees no project folder, so their text is sent."""
JAIL = Limits(seconds=10.0, output_bytes=4 << 20)
UNTRACED = Limits(seconds=2.0)
"""Some hundred times what the traced run needed; what is still running then does not end."""
VALUES = (
    ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.UnaryOp, ast.BinOp, ast.keyword, ast.unaryop,
    ast.operator, ast.expr_context,
)  # fmt: skip
"""What an argument list is written of, beside calls of `BUILDERS`."""
BUILDERS = ("set", "frozenset")
IMPORTS, SYSTEM = (
    frozenset(name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, base))
    for base in (ImportError, OSError)
)
"""Names of errors that tell what a sandbox or a machine lacks, not what a program does."""
_BOOT = """
import json, sys, types
def _boot():
    job, mark, sources = json.loads({payload!r})
    for name, text in sources:
        module = sys.modules[name] = types.ModuleType(name)
        exec(compile(text, name, "exec"), module.__dict__)
        parent, _, leaf = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], leaf, module)
    return module.main, job, mark
main, job, mark = _boot()
main(job, mark)
"""
_REASONS = {
    ExecStatus.TIMEOUT: "too slow or too large", ExecStatus.OUT_OF_MEMORY: "too slow or too large",
    ExecStatus.OUTPUT_LIMIT: "prints too much", ExecStatus.SYNTAX_ERROR: "does not parse",
}  # fmt: skip


class Jail:
    """Two sandboxes whose programs see sets of strings in different orders. A context manager."""

    def __init__(self) -> None:
        """Start both. Raises SandboxUnavailable where nothing confines."""
        self._first = Sandbox(hash_seed=0)
        try:
            self._second = Sandbox(tier=self._first.tier, hash_seed=1)
        except BaseException:
            self._first.close()
            raise

    def trace(
        self, code: str, io: Io, entry_point: str | None, given: str, limits: TraceLimits | None = None,
        workings: str = "plain",
    ) -> Trace:  # fmt: skip
        """As `tracer.trace`. Raises TraceRejected with a reason, SandboxUnavailable where the sandbox itself fails."""
        if io == "function":
            _check(given)
        job: dict[str, Any] = {"code": code, "io": io, "entry_point": entry_point, "given": given, "workings": workings}
        job["limits"] = dataclasses.asdict(limits or TraceLimits())
        seen, again = _traced(self._first, job), _traced(self._second, job)
        if seen != again:
            raise TraceRejected("not deterministic")
        if not self._confirmed(seen, code, io, entry_point, given):
            raise TraceRejected("behaves otherwise where nobody traces")
        _own(seen, io)
        return seen

    def _confirmed(self, seen: Trace, code: str, io: Io, entry_point: str | None, given: str) -> bool:
        try:
            (result,) = self._first.run_tests(code, [IOTest(given)], io, entry_point, UNTRACED)
        except InputError:
            raise TraceRejected("not an argument list") from None
        _whole(result)
        if seen.endless:
            return result.status is ExecStatus.TIMEOUT
        if seen.raised is not None:
            return result.status is ExecStatus.EXCEPTION and result.kind == seen.raised
        return result.status is ExecStatus.SUCCESS and matches(result.output, seen.output or "", io)

    def close(self) -> None:
        """Stop both sandboxes."""
        self._first.close()
        self._second.close()

    def __enter__(self) -> Self:
        """Both are stopped at the end of the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop both sandboxes."""
        self.close()


def _check(given: str) -> None:
    """Raises TraceRejected for an input that is no list of values: an error in it would pass for the program's."""
    try:
        call = ast.parse(f"f({given}\n)", mode="eval").body
    except PARSE_ERRORS:
        raise TraceRejected("not an argument list") from None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise TraceRejected("not an argument list")
    left: list[ast.AST] = [*call.args, *call.keywords]
    while left:
        node = left.pop()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BUILDERS:
            left += [*node.args, *node.keywords]
        elif isinstance(node, VALUES):
            left += ast.iter_child_nodes(node)
        else:
            raise TraceRejected("an input of more than values")


def _own(seen: Trace, io: Io) -> None:
    """Raises TraceRejected for an error that is none of what the program does."""
    if seen.raised in IMPORTS:
        raise TraceRejected("ends in an import that fails")
    if seen.raised in SYSTEM:
        raise TraceRejected("ends in an error of the system")
    if seen.raised is not None and io == "function" and not seen.steps:
        raise TraceRejected("fails before a line that can be told")


def _traced(sandbox: Sandbox, job: dict[str, Any]) -> Trace:
    mark = secrets.token_hex(8)
    result = sandbox.run(_BOOT.format(payload=json.dumps([job, mark, _sources()])), limits=JAIL)
    _whole(result)
    if result.status in _REASONS:
        raise TraceRejected(_REASONS[result.status])
    _, found, text = result.output.rpartition(f"\n{mark}")
    if not found:
        raise TraceRejected(f"ends its process ({result.kind})" if result.kind else "tampered with the tracer")
    try:
        answer = json.loads(text)
        if "rejected" in answer:
            raise TraceRejected(str(answer["rejected"]))
        steps = tuple(TraceStep(**{**step, "told": [(str(t), bool(i)) for t, i in step["told"]]})
                      for step in answer.pop("steps"))  # fmt: skip
        return Trace(steps, **answer)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise TraceRejected("tampered with the tracer") from None


def _whole(result: ExecResult) -> None:
    if result.status is ExecStatus.INFRASTRUCTURE:
        raise SandboxUnavailable(f"the sandbox failed on a program: {result.kind}")


@functools.cache
def _sources() -> list[tuple[str, str]]:
    folder = importlib.resources.files("models.trace")
    packages = [("models", ""), ("models.trace", "")]
    return packages + [(f"models.trace.{name}", (folder / f"{name}.py").read_text("utf-8")) for name in SHIPPED]
