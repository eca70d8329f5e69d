"""Solve: sample → simulate → rank → (fix → simulate → rank)*. The whole algorithm on one page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from workers.pipeline.config import PipelineConfig
from workers.pipeline.fix import fix
from workers.pipeline.meter import Progress
from workers.pipeline.model import Model
from workers.pipeline.predict import by_samples
from workers.pipeline.rank import rank
from workers.pipeline.sample import sample
from workers.pipeline.simulate import Simulated, simulate
from workers.pipeline.types import Candidate, Phase, Problem, Ranking, Simulation, SolveResult, StopReason, Verdict

PhaseName = Literal["sample", "simulate", "fix"]


@dataclass(frozen=True, slots=True)
class Event:
    """How far a run is."""

    phase: PhaseName
    round: int
    """0 up to the first ranking, then the repair round."""
    done: int
    """Requests answered in this phase of this round."""
    total: int
    """Requests this phase of this round makes."""


Simulator = Callable[
    [Problem, Sequence[Candidate], Model, PipelineConfig, Sequence[Simulation], Progress | None], Awaitable[Simulated]
]
"""`simulate`, or for measurement what says the truth in its place."""


async def solve(
    problem: Problem,
    config: PipelineConfig,
    model: Model,
    on_event: Callable[[Event], None] | None = None,
    simulate: Simulator = simulate,
) -> SolveResult:
    """The best program for a problem by simulated execution, with everything that led to it.

    Raises `InputError` for votes that the model's style has not, `ContextLengthError` if the statement does not fit the
    model's context, and what the completer raises; a program that cannot be parsed, simulated or repaired is part of
    the result.
    """

    def told(phase: PhaseName) -> Progress | None:
        return on_event and (lambda done, total: on_event(Event(phase, rounds, done, total)))

    by_samples(model, config)  # refuses votes that the model cannot give, before anything is sampled
    rounds = 0
    sampled = await sample(problem, model, config, told("sample"))
    candidates, rejected = sampled.candidates, sampled.rejected
    simulated = await simulate(problem, candidates, model, config, (), told("simulate"))
    ranking = rank(problem, candidates, simulated.simulations)
    phases = {"sample": sampled.cost, "simulate": simulated.cost, "fix": Phase()}

    while (stop := _stop(problem, ranking, simulated.simulations, rounds, config)) is None:
        rounds += 1
        fixed = await fix(problem, candidates, simulated.simulations, ranking, model, config, rounds, told("fix"))
        phases["fix"] += fixed.cost
        rejected += fixed.rejected
        if not fixed.candidates:
            continue  # nothing to rank anew; the next round draws with other seeds
        candidates += fixed.candidates
        simulated = await simulate(problem, candidates, model, config, simulated.simulations, told("simulate"))
        phases["simulate"] += simulated.cost
        ranking = rank(problem, candidates, simulated.simulations)

    best = ranking.order[0] if ranking.order else None
    return SolveResult(best, ranking, candidates, rejected, simulated.simulations, rounds, stop, phases)


def _stop(
    problem: Problem, ranking: Ranking, simulations: Sequence[Simulation], rounds: int, config: PipelineConfig
) -> StopReason | None:
    """Why to stop at this ranking, or None to go on repairing."""
    if not ranking.order:
        return StopReason.NO_CANDIDATE
    if all(test.output is None for test in problem.public_tests):
        return StopReason.NO_TESTS
    scored = {i for i, test in enumerate(problem.public_tests) if test.output is not None}
    verdicts = {s.verdict for s in simulations if s.candidate == ranking.order[0] and s.test in scored}
    if verdicts == {Verdict.PASS}:
        return StopReason.AGREED
    if Verdict.FAIL not in verdicts:
        return StopReason.NOT_REFUTED
    return StopReason.ROUND_LIMIT if rounds >= config.rounds else None
