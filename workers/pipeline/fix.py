"""Fix: the best candidates that are predicted to fail, with the evidence against them → repairs, and new programs."""

from __future__ import annotations

from collections.abc import Sequence

from workers.pipeline.completer import CompletionRequest
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import ContextLengthError
from workers.pipeline.gather import gather
from workers.pipeline.meter import Progress, metered
from workers.pipeline.model import Model
from workers.pipeline.prompts import prompts
from workers.pipeline.rank import expected_pass
from workers.pipeline.sample import Sampled, distinct
from workers.pipeline.types import (
    Candidate,
    Completion,
    IOTest,
    Prediction,
    Problem,
    Prompt,
    Ranking,
    Rejected,
    Simulation,
    Verdict,
)


async def fix(
    problem: Problem,
    candidates: Sequence[Candidate],
    simulations: Sequence[Simulation],
    ranking: Ranking,
    model: Model,
    config: PipelineConfig,
    round: int,
    progress: Progress | None = None,
) -> Sampled:
    """Ask for `config.repair_samples` repairs of each of the best `config.repairs` candidates predicted to fail.

    And for `config.resamples` new programs, with the seeds that follow those of the samples. A repair prompt too long
    for the model is a rejected completion with its reason; a failing server raises.
    """
    broken = to_repair(candidates, simulations, ranking)[: config.repairs]
    shown = {c.id: evidence(problem, [s for s in simulations if s.candidate == c.id], config.evidence) for c in broken}
    style = prompts(model.style)
    repairs = [(c.id, style.fix(problem, c, shown[c.id])) for c in broken for _ in range(config.repair_samples)]
    first = config.seed + config.candidates + (round - 1) * config.repairs * config.repair_samples
    again = config.seed + config.candidates + (round - 1) * config.resamples
    wanted = [
        *((parent, prompt, first + i) for i, (parent, prompt) in enumerate(repairs)),
        *((None, style.solve(problem), again + i) for i in range(config.resamples)),
    ]
    model, meter = metered(model, config.concurrency, len(wanted), progress)
    answers = await gather(_ask(prompt, model, config, seed) for _, prompt, seed in wanted)
    completions = [(a, parent) for a, (parent, *_) in zip(answers, wanted, strict=True) if isinstance(a, Completion)]
    found, rejected = distinct(completions, problem, model.style, known=candidates, round=round)
    too_long = tuple(answer for answer in answers if isinstance(answer, Rejected))
    return Sampled(found, rejected + too_long, meter.phase())


def to_repair(candidates: Sequence[Candidate], simulations: Sequence[Simulation], ranking: Ranking) -> list[Candidate]:
    """The candidates with a prediction that fails, best first."""
    failing = {simulation.candidate for simulation in simulations if simulation.verdict is Verdict.FAIL}
    by_id = {candidate.id: candidate for candidate in candidates}
    return [by_id[name] for name in ranking.order if name in failing]


def evidence(problem: Problem, own: Sequence[Simulation], most: int) -> list[tuple[IOTest, Prediction]]:
    """Up to `most` of one candidate's predictions, worst first: failing ones, surest first, then the least sure."""
    told = [simulation for simulation in own if simulation.verdict is not Verdict.ABSTAIN]
    told.sort(key=lambda s: (s.verdict is not Verdict.FAIL, expected_pass(s), s.test))
    return [(problem.public_tests[simulation.test], simulation.prediction) for simulation in told[:most]]


async def _ask(prompt: Prompt, model: Model, config: PipelineConfig, seed: int) -> Completion | Rejected:
    room = model.room(config.max_program_tokens, prompt)
    try:
        return await model.completer.complete(CompletionRequest(prompt, room, config.temperature, config.top_p, seed))
    except ContextLengthError as error:
        return Rejected(f"the repair prompt is too long: {error}", text="")
