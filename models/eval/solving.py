"""Solving: the pipeline's choice among its candidates, graded on hidden tests by really running them in the sandbox.

Every figure of choosing comes from the same samples: one `solve` run per problem gives the N samples, their
simulations, the first choice and, after repair, the final one. The loop is measured as the paper does, from one sample:
write, simulate, repair (arXiv 2604.03253, algorithm 1 and table 5). Hidden tests only grade; public tests are what the
simulation and the execution oracle choose by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.eval.stats import estimate
from models.sandbox.sandbox import Sandbox
from models.sandbox.types import ExecResult, ExecStatus, Job, Limits, SandboxUnavailable
from workers.pipeline.config import PipelineConfig
from workers.pipeline.gather import gather
from workers.pipeline.model import Model
from workers.pipeline.rank import rank
from workers.pipeline.solve import solve
from workers.pipeline.types import Candidate, IOTest, Problem, SolveResult, Verdict

LIMITS = Limits(seconds=2.0)


@dataclass(frozen=True, slots=True)
class Task:
    """A problem and the tests that grade it."""

    problem: Problem
    hidden: tuple[IOTest, ...]


def tasks(rows: Sequence[dict[str, Any]]) -> list[Task]:
    """Problems of the frozen set, or of any file in the same form."""

    def tests(items: list[dict[str, Any]]) -> tuple[IOTest, ...]:
        return tuple(IOTest(t["input"], t["output"]) for t in items)

    return [
        Task(
            Problem(
                r["statement"], r["io"], r["entry_point"], tests(r["public_tests"]), r.get("starter_code"), id=r["id"]
            ),
            tests(r["private_tests"]),
        )
        for r in rows
    ]


@dataclass(frozen=True, slots=True)
class Run:
    """What the model made of one problem."""

    result: SolveResult
    """All of the pipeline, N samples."""
    greedy: Candidate | None
    """The likeliest program, nothing simulated."""
    loop: SolveResult
    """One sample, simulated and repaired."""


@dataclass(frozen=True, slots=True)
class Graded:
    """One problem's run, and for each candidate what execution says."""

    result: SolveResult
    greedy: bool
    loop: tuple[bool, bool]
    """Whether the one sample of the loop is right, and whether its last answer is."""
    hidden: dict[str, bool]
    """Candidate id → passes every hidden test."""
    public: dict[str, float]
    """Candidate id → share of the public tests it really passes."""
    truth: dict[tuple[str, int], bool]
    """(candidate id, public test) → really passes."""


def first_choice(problem: Problem, result: SolveResult) -> str | None:
    """The best candidate before any repair: the ranking of the samples alone."""
    samples = [c for c in result.candidates if c.round == 0]
    ids = {c.id for c in samples}
    order = rank(problem, samples, [s for s in result.simulations if s.candidate in ids]).order
    return order[0] if order else None


async def run(items: Sequence[Task], model: Model, config: PipelineConfig) -> list[Run]:
    """For each problem the pipeline, one greedy program and the loop. A few problems at a time keep the engine full."""
    bare = replace(config, candidates=1, temperature=0.0, rounds=0)
    one = replace(config, candidates=1, repairs=1, repair_samples=1)
    out: list[Run] = []
    for start in range(0, len(items), 16):
        part = [task.problem for task in items[start : start + 16]]
        results = await gather(solve(problem, config, model) for problem in part)
        greedy = await gather(solve(replace(problem, public_tests=()), bare, model) for problem in part)
        loops = await gather(solve(problem, one, model) for problem in part)
        out += [
            Run(result, g.candidates[0] if g.candidates else None, loop)
            for result, g, loop in zip(results, greedy, loops, strict=True)
        ]
        print(f"  solved {len(out)} of {len(items)} problems", flush=True)
    return out


def grade(items: Sequence[Task], runs: Sequence[Run], sandbox: Sandbox) -> list[Graded]:
    """Run every candidate on its problem's public and hidden tests. Raises SandboxUnavailable where that fails."""
    graded = []
    for task, made in zip(items, runs, strict=True):
        problem, result = task.problem, made.result
        ends = (made.loop.candidates[:1], [c for c in made.loop.candidates if c.id == made.loop.best])
        extra = {"greedy": [made.greedy] if made.greedy else [], "first": ends[0], "last": ends[1]}
        programs = [*result.candidates, *(replace(c, id=name) for name, found in extra.items() for c in found)]
        tests = (*problem.public_tests, *task.hidden)
        jobs = [Job(c.code, tests, problem.io, problem.entry_point) for c in programs]
        runs_of = zip(programs, jobs, sandbox.map(jobs, LIMITS), strict=True)
        passed = {c.id: _passed(job, results, sandbox) for c, job, results in runs_of}
        n = len(problem.public_tests)
        graded.append(
            Graded(
                result,
                "greedy" in passed and all(passed["greedy"][n:]),
                ("first" in passed and all(passed["first"][n:]), "last" in passed and all(passed["last"][n:])),
                {c.id: all(passed[c.id][n:]) for c in result.candidates},
                {c.id: sum(passed[c.id][:n]) / max(1, n) for c in result.candidates},
                {(c.id, t): passed[c.id][t] for c in result.candidates for t in range(n)},
            )
        )
    return graded


def _passed(job: Job, results: Sequence[ExecResult], sandbox: Sandbox) -> list[bool]:
    """Which tests a program passes; a failure of the sandbox itself, which says nothing of the program, is tried again.

    Raises SandboxUnavailable if that fails too.
    """
    if _lost(results):
        results = sandbox.run_tests(job.code, job.tests, job.io, job.entry_point, LIMITS)
    if lost := _lost(results):
        raise SandboxUnavailable(f"the sandbox failed twice on one program: {lost[0].kind}")
    return [result.status is ExecStatus.SUCCESS for result in results]


def _lost(results: Sequence[ExecResult]) -> list[ExecResult]:
    return [result for result in results if result.status is ExecStatus.INFRASTRUCTURE]


def summarize(items: Sequence[Task], graded: Sequence[Graded], candidates: int) -> dict[str, Any]:
    """The table: how good the samples are, and what each way of choosing makes of them."""
    rows: dict[str, list[float]] = {}
    fixed = broken = 0
    for task, g in zip(items, graded, strict=True):
        samples = [c for c in g.result.candidates if c.round == 0]
        weight = {c.id: 1 + c.duplicates for c in samples}
        sampled = sum(weight[c.id] * g.hidden[c.id] for c in samples) / candidates
        readable = sum(weight.values())
        first = first_choice(task.problem, g.result)
        oracle = max(samples, key=lambda c: (g.public[c.id], weight[c.id], -int(c.id[1:])), default=None)
        majority = max(samples, key=lambda c: (weight[c.id], -int(c.id[1:])), default=None)
        before, after = bool(first and g.hidden[first]), bool(g.result.best and g.hidden[g.result.best])
        fixed, broken = fixed + (after and not before), broken + (before and not after)
        values = {
            "pass@1 sampled": sampled,
            "pass@1 greedy": g.greedy,
            "random readable candidate": sum(weight[c.id] * g.hidden[c.id] for c in samples) / readable
            if readable
            else 0.0,
            "majority": bool(majority and g.hidden[majority.id]),
            "best@N by simulation": before,
            "best@N by execution (oracle)": bool(oracle and g.hidden[oracle.id]),
            "pass@N (any candidate)": any(g.hidden[c.id] for c in samples),
            "after repair": after,
        }
        for name, value in values.items():
            rows.setdefault(name, []).append(float(value))
    gain = {
        name: estimate([a - b for a, b in zip(rows["best@N by simulation"], rows[name], strict=True)])
        for name in ("pass@1 sampled", "pass@1 greedy", "random readable candidate", "majority")
    }
    return {
        "candidates": candidates,
        **{name: estimate(values) for name, values in rows.items()},
        "best@N by simulation minus": gain,
        "fixed by repair": fixed,
        "broken by repair": broken,
        "loop from one sample": loop([g.loop for g in graded]),
        "by io": {io: _share(items, rows, io) for io in ("function", "stdio")},
        "verdicts": verdicts(graded),
        "items": [
            {"id": task.problem.id, **{name: values[i] for name, values in rows.items()}, **_facts(g)}
            for i, (task, g) in enumerate(zip(items, graded, strict=True))
        ],
    }  # fmt: skip


def _facts(g: Graded) -> dict[str, Any]:
    """What is worth looking at in one problem's run; for the JSON, not for the table."""
    verdicts_of: dict[str, list[str]] = {c.id: [] for c in g.result.candidates}
    for s in g.result.simulations:
        verdicts_of[s.candidate].append(s.verdict.value)
    return {
        "loop": g.loop, "stopped": g.result.stop.value, "rounds": g.result.rounds, "best": g.result.best,
        "candidates": [
            {
                "id": c.id, "round": c.round, "parent": c.parent, "duplicates": c.duplicates, "logprob": c.logprob,
                "right": g.hidden[c.id], "verdicts": verdicts_of[c.id],
                "really passes": [g.truth[c.id, t] for t in range(len(verdicts_of[c.id]))], "code": c.code,
            }
            for c in g.result.candidates
        ],
    }  # fmt: skip


def loop(ends: Sequence[tuple[bool, bool]]) -> dict[str, int]:
    """First against last answer of the loop, in problems."""
    names = {(False, False): "fail, fail", (False, True): "fixed", (True, False): "broken", (True, True): "pass, pass"}
    return {name: sum(end == ends_ for ends_ in ends) for end, name in names.items()}


def _share(items: Sequence[Task], rows: dict[str, list[float]], io: str) -> dict[str, float]:
    own = [i for i, task in enumerate(items) if task.problem.io == io]
    return {name: sum(values[i] for i in own) / max(1, len(own)) for name, values in rows.items()}


def verdicts(graded: Sequence[Graded]) -> dict[str, Any]:
    """Predicted against true verdicts of all candidates on public tests."""
    cells = {
        "true pass, said pass": 0,
        "true pass, said fail": 0,
        "true fail, said fail": 0,
        "true fail, said pass": 0,
        "abstained": 0,
    }
    for g in graded:
        for s in g.result.simulations:
            truth = "pass" if g.truth[s.candidate, s.test] else "fail"
            key = "abstained" if s.verdict is Verdict.ABSTAIN else f"true {truth}, said {s.verdict.value}"
            cells[key] += 1
    return cells
