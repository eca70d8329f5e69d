"""Sample: N completions of the solve prompt → distinct candidate programs, and what was rejected and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from workers.pipeline import parse
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.config import PipelineConfig
from workers.pipeline.gather import gather
from workers.pipeline.meter import Progress, metered
from workers.pipeline.model import Model
from workers.pipeline.prompts import prompts
from workers.pipeline.syntax import normalized
from workers.pipeline.types import Candidate, Completion, Phase, Problem, PromptStyle, Rejected


@dataclass(frozen=True, slots=True)
class Sampled:
    """New candidates, in the order in which they were asked for."""

    candidates: tuple[Candidate, ...]
    rejected: tuple[Rejected, ...]
    cost: Phase


async def sample(problem: Problem, model: Model, config: PipelineConfig, progress: Progress | None = None) -> Sampled:
    """Ask for `config.candidates` programs at once, with seeds `seed`, `seed + 1` and so on.

    Raises `ContextLengthError` if the statement does not fit the model's context, else what the completer raises.
    """
    model, meter = metered(model, config.concurrency, config.candidates, progress)
    prompt = prompts(model.style).solve(problem)
    room = model.room(config.max_program_tokens, prompt)
    requests = [
        CompletionRequest(prompt, room, config.temperature, config.top_p, config.seed + i)
        for i in range(config.candidates)
    ]
    completions = await gather(model.completer.complete(request) for request in requests)
    candidates, rejected = distinct(((c, None) for c in completions), problem, model.style, known=(), round=0)
    return Sampled(candidates, rejected, meter.phase())


def distinct(
    completions: Iterable[tuple[Completion, str | None]],
    problem: Problem,
    style: PromptStyle,
    known: Sequence[Candidate],
    round: int,
) -> tuple[tuple[Candidate, ...], tuple[Rejected, ...]]:
    """Completions, each with the id of the candidate it repairs, → new candidates and rejected completions.

    Programs equal up to layout, comments and docstrings are one candidate, the first; the others count as its
    duplicates. One that equals a candidate of `known` is rejected as a repetition.
    """
    old = {normalized(candidate.code): candidate.id for candidate in known}
    found: dict[str, Candidate] = {}
    rejected: list[Rejected] = []
    for completion, parent in completions:
        code = parse.program(completion.text, style, problem.io, problem.entry_point)
        if isinstance(code, Rejected):
            rejected.append(code)
            continue
        key = normalized(code) or code
        if key in old:
            rejected.append(Rejected(f"the same program as {old[key]}", completion.text))
        elif key in found:
            found[key] = replace(found[key], duplicates=found[key].duplicates + 1)
        else:
            number = len(known) + len(found) + 1
            found[key] = Candidate(f"c{number}", code, parent, round, _mean(completion.logprobs))
    return tuple(found.values()), tuple(rejected)


def _mean(logprobs: Sequence[float]) -> float:
    return sum(logprobs) / len(logprobs) if logprobs else 0.0
