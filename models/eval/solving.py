"""Solving: the pipeline run on problems, every candidate graded on hidden tests by really running it in the sandbox.

Every figure of choosing comes from the same samples: one `solve` run per problem gives the N samples, their
simulations, the first choice and, after repair, the final one. The loop is measured as the paper does, from one sample:
write, simulate, repair (arXiv 2604.03253, algorithm 1 and table 5). Hidden tests only grade; public tests are what the
simulation and the execution oracle choose by. What the figures are is `choosing.py`'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from models.eval.benchmarks import Task
from models.eval.oracle import Execution
from models.sandbox.sandbox import Sandbox
from models.sandbox.types import ExecResult, ExecStatus, Job, Limits, SandboxUnavailable
from workers.pipeline.compare import matches
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import ContextLengthError
from workers.pipeline.gather import gather
from workers.pipeline.model import Model
from workers.pipeline.simulate import simulate
from workers.pipeline.solve import Simulator, solve
from workers.pipeline.types import Candidate, IOTest, Problem, Ranking, SolveResult, StopReason

LIMITS = Limits(seconds=2.0)
GROUP = 64
"""Problems at a time: enough that the engine is full until few are left."""
NOTHING = SolveResult(None, Ranking((), {}, {}), (), (), (), 0, StopReason.NO_CANDIDATE)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Run:
    """What the model made of one problem."""

    result: SolveResult
    """All of the pipeline, N samples."""
    greedy: Candidate | None
    """The likeliest program, nothing simulated."""
    loop: SolveResult
    """Begun with one sample, simulated and repaired."""


@dataclass(frozen=True, slots=True)
class Graded:
    """One problem's run, and for each candidate what execution says."""

    result: SolveResult
    greedy: bool
    loop: tuple[bool, bool]
    """Whether the one sample of the loop is right, and whether its last answer is."""
    oracle: tuple[bool, bool]
    """The same of the loop that execution tells what is wrong."""
    hidden: dict[str, bool]
    """Candidate id → passes every hidden test."""
    public: dict[str, float]
    """Candidate id → share of the public tests it really passes."""
    truth: dict[tuple[str, int], bool]
    """(candidate id, public test) → really passes."""


async def run(items: Sequence[Task], model: Model, config: PipelineConfig) -> list[Run]:
    """For each problem the pipeline, one greedy program and the loop."""
    bare = replace(config, candidates=1, temperature=0.0, rounds=0)
    one = _from_one_sample(config)

    async def made(problem: Problem) -> Run:
        result = await _solve(problem, config, model)
        greedy = await _solve(replace(problem, public_tests=()), bare, model)
        return Run(result, greedy.candidates[0] if greedy.candidates else None, await _solve(problem, one, model))

    return await _in_groups(items, made)


async def oracles(
    items: Sequence[Task], model: Model, config: PipelineConfig, sandbox: Sandbox
) -> list[SolveResult]:
    """The loop of each problem once more, by execution. Raises SandboxUnavailable where the sandbox fails."""
    one = _from_one_sample(config)
    with Execution(sandbox) as execution:
        return await _in_groups(items, lambda problem: _solve(problem, one, model, execution))


def _from_one_sample(config: PipelineConfig) -> PipelineConfig:
    return replace(config, candidates=1, repairs=1, repair_samples=1)


async def solutions(items: Sequence[Task], model: Model, config: PipelineConfig) -> list[SolveResult]:
    """What the pipeline makes of each problem, and nothing else."""
    return await _in_groups(items, lambda problem: _solve(problem, config, model))


async def _in_groups(items: Sequence[Task], make: Callable[[Problem], Coroutine[Any, Any, T]]) -> list[T]:
    """Of each problem what `make` makes; a group at a time, so that one can see how far it is."""
    out: list[T] = []
    for start in range(0, len(items), GROUP):
        out += await gather(make(task.problem) for task in items[start : start + GROUP])
        print(f"  solved {len(out)} of {len(items)} problems", flush=True)
    return out


async def _solve(
    problem: Problem, config: PipelineConfig, model: Model, simulate: Simulator = simulate
) -> SolveResult:
    """What `solve` finds; nothing, and so a wrong answer, where the statement is over the model's context."""
    try:
        return await solve(problem, config, model, simulate=simulate)
    except ContextLengthError:
        return NOTHING


def grade(
    items: Sequence[Task], runs: Sequence[Run], sandbox: Sandbox, oracles: Sequence[SolveResult] = ()
) -> list[Graded]:
    """Run every candidate on its problem's public and hidden tests. Raises SandboxUnavailable where that fails.

    `oracles` are the loops by execution; without them their answers count as wrong.
    """
    graded = []
    for task, made, oracle in zip(items, runs, oracles or [NOTHING] * len(items), strict=True):
        problem, result = task.problem, made.result
        greedy = [made.greedy] if made.greedy else []
        extra = {"greedy": greedy, **_ends("loop", made.loop), **_ends("oracle", oracle)}
        programs = [*result.candidates, *(replace(c, id=name) for name, found in extra.items() for c in found)]
        tests = (*problem.public_tests, *task.hidden)
        jobs = [Job(c.code, tests, problem.io, problem.entry_point, problem.checker) for c in programs]
        runs_of = zip(programs, jobs, sandbox.map(jobs, LIMITS), strict=True)
        passed = {c.id: _passed(job, results, sandbox, task.folds) for c, job, results in runs_of}
        n = len(problem.public_tests)
        right = {name: all(passes[n:]) for name, passes in passed.items()}
        graded.append(
            Graded(
                result,
                greedy=right.get("greedy", False),
                loop=(right.get("loop, first", False), right.get("loop, last", False)),
                oracle=(right.get("oracle, first", False), right.get("oracle, last", False)),
                hidden={c.id: right[c.id] for c in result.candidates},
                public={c.id: sum(passed[c.id][:n]) / max(1, n) for c in result.candidates},
                truth={(c.id, t): passed[c.id][t] for c in result.candidates for t in range(n)},
            )
        )
    return graded


def _ends(name: str, loop: SolveResult) -> dict[str, list[Candidate]]:
    """The one sample, and the last answer."""
    last = [c for c in loop.candidates if c.id == loop.best]
    return {f"{name}, first": list(loop.candidates[:1]), f"{name}, last": last}


def _passed(job: Job, results: Sequence[ExecResult], sandbox: Sandbox, folds: bool) -> list[bool]:
    """Which tests a program passes; a failure of the sandbox itself, which says nothing of the program, is tried again.

    Where case `folds`, outputs that differ in it alone are equal. Raises SandboxUnavailable if the sandbox fails twice.
    """
    if _lost(results):
        results = sandbox.run_tests(job.code, job.tests, job.io, job.entry_point, LIMITS, job.checker)
    if lost := _lost(results):
        raise SandboxUnavailable(f"the sandbox failed twice on one program: {lost[0].kind}")
    pairs = zip(results, job.tests, strict=True)
    return [result.status is ExecStatus.SUCCESS or (folds and _folded(result, test, job)) for result, test in pairs]


def _folded(result: ExecResult, test: IOTest, job: Job) -> bool:
    """Whether the output is wrong in nothing but letters' case."""
    got, expected = result.output.lower(), (test.output or "").lower()
    return result.status is ExecStatus.WRONG_OUTPUT and matches(got, expected, job.io, job.checker, test.tol)


def _lost(results: Sequence[ExecResult]) -> list[ExecResult]:
    return [result for result in results if result.status is ExecStatus.INFRASTRUCTURE]
