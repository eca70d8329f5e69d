"""Predict: a program and an input → what the model says happens, by one greedy run or by the majority of k runs.

Everything in a prediction is decoded text of the model; nothing here looks at what the program means.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from workers.pipeline import compare, parse
from workers.pipeline.calibrate import calibrated
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import InputError
from workers.pipeline.gather import gather
from workers.pipeline.model import Model
from workers.pipeline.prompts import prompts
from workers.pipeline.syntax import defined
from workers.pipeline.syntax import parse as parse_program
from workers.pipeline.types import Completion, Io, Prediction, PromptStyle, Usage


async def predict(
    code: str,
    input: str,
    model: Model,
    config: PipelineConfig,
    io: Io = "function",
    entry_point: str | None = None,
) -> Prediction:
    """One prediction out of `config.votes` runs: greedy for one vote, else sampled with seeds `seed`, `seed + 1` …

    `entry_point` is the function to call, by default the last one. Raises `InputError` if the program does not define
    it, `ContextLengthError` if the prompt does not fit the model's context, else what the completer raises.
    """
    alone = config.votes == 1
    made = await runs(code, input, model, config, io, entry_point, greedy=alone)
    if not alone:
        return majority([parse.prediction(completion, model.style) for completion in made], io)
    single = parse.prediction(made[0], model.style)
    if single.finishes is None:
        return replace(single, votes=0, ballots=0)
    return replace(single, confidence=calibrated(raw_confidence(made[0], model.style), model.calibration))


async def runs(
    code: str, input: str, model: Model, config: PipelineConfig, io: Io, entry_point: str | None, greedy: bool
) -> list[Completion]:
    """`config.votes` runs as the model tells them, all greedy or all sampled. Raises as `predict`."""
    prompt = prompts(model.style).predict(code, input, io, _callee(code, entry_point) if io == "function" else None)
    requests = [
        CompletionRequest(
            prompt,
            model.room(config.max_narrative_tokens),
            temperature=0.0 if greedy else config.vote_temperature,
            top_p=1.0 if greedy else config.top_p,
            seed=config.seed + i,
        )
        for i in range(config.votes)
    ]
    return await gather(model.completer.complete(request) for request in requests)


def _callee(code: str, entry_point: str | None) -> str | None:
    """The function that is called. A program that does not parse is left to the model: failing is what it does."""
    tree = parse_program(code)
    if isinstance(tree, str):
        return entry_point
    names = defined(tree)
    if entry_point is not None and entry_point not in names:
        raise InputError(f"the program does not define {entry_point} at its top level")
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return entry_point or next(reversed(functions or names), None)


def majority(predictions: Sequence[Prediction], io: Io) -> Prediction:
    """The outcome most runs agree on, by meaning; on a tie the one seen first. Unknown only if no run is readable.

    Its confidence is its share of all runs: one that could not be read counts against it. The calibration table is
    for single runs and is not used.
    """
    usage = sum((p.usage for p in predictions), Usage())
    groups: dict[object, list[Prediction]] = {}
    for prediction in predictions:
        if prediction.finishes is not None:
            groups.setdefault(meaning(prediction, io), []).append(prediction)
    if not groups:
        return replace(predictions[0], votes=0, ballots=0, usage=usage)
    winners = max(groups.values(), key=len)
    ballots = sum(len(group) for group in groups.values())
    confidence = len(winners) / len(predictions)
    return replace(winners[0], votes=len(winners), ballots=ballots, confidence=confidence, usage=usage)


def meaning(prediction: Prediction, io: Io) -> object:
    """A hashable value, equal for predictions that say the same."""
    if prediction.output is not None:
        return ("output", compare.key(prediction.output, io))
    return ("raises", prediction.raises) if prediction.raises is not None else ("finishes", prediction.finishes)


def raw_confidence(completion: Completion, style: PromptStyle) -> float:
    """The model's own probability of what it wrote, 0..1; 0 where the server gave no log-probabilities.

    `tagged`: of the whole run, since every step is part of the answer. `chat`: prose can be worded in many ways, so
    it is the geometric mean over the tokens of the outcome alone.
    """
    if not completion.logprobs:
        return 0.0
    if style == "tagged":
        return min(1.0, math.exp(math.fsum(completion.logprobs)))
    start = parse.outcome_start("".join(completion.tokens), style)
    ends = accumulate(len(token) for token in completion.tokens)
    chosen = [lp for end, lp in zip(ends, completion.logprobs, strict=False) if end > start]
    return min(1.0, math.exp(math.fsum(chosen) / len(chosen))) if chosen else 0.0
