"""Candidates of a problem: sampled by one model, graded by really running them, simulated by this or another one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from models.eval.benchmarks import Task
from models.eval.solving import Graded
from models.eval.verdicts import judge
from models.rl.episode import same_outcome
from models.rl.rows import SolveRow
from models.sandbox.grading import SandboxGrader
from models.sandbox.types import SandboxUnavailable
from workers.pipeline.config import PipelineConfig
from workers.pipeline.gather import gather
from workers.pipeline.model import Model
from workers.pipeline.rank import rank
from workers.pipeline.sample import Sampled, sample
from workers.pipeline.simulate import Simulated, simulate, verdict
from workers.pipeline.types import Candidate, Prediction, Simulation, SolveResult, StopReason, Verdict


@dataclass(frozen=True, slots=True)
class Drawn:
    """The candidates of one problem, and what is true of them."""

    row: SolveRow
    sampled: Sampled
    hidden: dict[str, bool]
    """Candidate id → passes every hidden test."""
    seen: dict[tuple[str, int], Prediction]
    """(candidate id, public test) → what it really does."""

    def passes(self, candidate: str, test: int) -> bool:
        """Whether a candidate really passes a public test."""
        problem = self.row.problem
        return verdict(self.seen[candidate, test], problem.public_tests[test], problem) is Verdict.PASS


async def draw(rows: Sequence[SolveRow], model: Model, config: PipelineConfig, grader: SandboxGrader) -> list[Drawn]:
    """`config.candidates` programs for each problem. Raises SandboxUnavailable."""

    async def one(row: SolveRow) -> Drawn:
        sampled = await sample(row.problem, model, config)
        graded = [await asyncio.to_thread(_grade, row, candidate, grader) for candidate in sampled.candidates]
        names = [candidate.id for candidate in sampled.candidates]
        seen = {(n, test): p for n, (_, all_) in zip(names, graded, strict=True) for test, p in enumerate(all_)}
        return Drawn(row, sampled, {n: right for n, (right, _) in zip(names, graded, strict=True)}, seen)

    return await gather(one(row) for row in rows)


def _grade(row: SolveRow, candidate: Candidate, grader: SandboxGrader) -> tuple[bool, list[Prediction]]:
    problem = row.problem
    right = grader.passes(problem, candidate.code, row.hidden)
    seen = grader.observe(problem, candidate.code, problem.public_tests)
    if right is None or any(prediction.finishes is None for prediction in seen):
        raise SandboxUnavailable("the sandbox failed twice on one program")
    return right, seen


async def judged(drawn: Sequence[Drawn], model: Model, config: PipelineConfig) -> list[Simulated]:
    """What the model says all candidates do on the public tests."""
    return await gather(simulate(d.row.problem, d.sampled.candidates, model, config) for d in drawn)


def graded(drawn: Drawn, simulated: Simulated) -> tuple[Task, Graded]:
    """In the form that `models.eval.choosing` takes."""
    problem, candidates = drawn.row.problem, drawn.sampled.candidates
    ranking = rank(problem, candidates, simulated.simulations)
    best = ranking.order[0] if ranking.order else None
    result = SolveResult(
        best, ranking, candidates, drawn.sampled.rejected, simulated.simulations, 0, StopReason.ROUND_LIMIT
    )
    truth = {key: drawn.passes(*key) for key in drawn.seen}
    tests = range(len(problem.public_tests))
    public = {c.id: sum(truth[c.id, test] for test in tests) / max(1, len(tests)) for c in candidates}
    no_loop = (False, False)
    return Task(problem, drawn.row.hidden), Graded(result, False, no_loop, no_loop, drawn.hidden, public, truth)


def verdicts(drawn: Drawn, simulated: Simulated) -> dict[str, tuple[float, float]]:
    """(sum, count) over the candidates of a problem: how true its predictions and verdicts are, and what they cost."""
    own: dict[str, list[Simulation]] = {c.id: [] for c in drawn.sampled.candidates}
    for simulation in simulated.simulations:
        own[simulation.candidate].append(simulation)
    io = drawn.row.problem.io
    right = [same_outcome(s.prediction, drawn.seen[s.candidate, s.test], io) for s in simulated.simulations]
    said = [judge(all_, all(drawn.passes(name, s.test) for s in all_)) for name, all_ in own.items()]
    wrong, good = ([j for j in said if j.right is want and j.said is not Verdict.ABSTAIN] for want in (False, True))
    return {
        "predictions right": (sum(right), len(right)),
        "false accepts": (sum(j.said is Verdict.PASS for j in wrong), len(wrong)),
        "false rejects": (sum(j.said is Verdict.FAIL for j in good), len(good)),
        "tokens": (simulated.cost.usage.completion_tokens, 1),
    }
