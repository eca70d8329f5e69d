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
from workers.pipeline.errors import ContextLengthError, InputError
from workers.pipeline.gather import gather
from workers.pipeline.model import Model
from workers.pipeline.prompts import prompts
from workers.pipeline.rename import Copy, copy
from workers.pipeline.syntax import defined, laid_out
from workers.pipeline.syntax import parse as parse_program
from workers.pipeline.types import Completion, Io, Prediction, PromptStyle, Usage

TRIES = 4
"""Names are drawn so often for each vote, at most, to find copies that differ."""


async def predict(
    code: str,
    input: str,
    model: Model,
    config: PipelineConfig,
    io: Io = "function",
    entry_point: str | None = None,
) -> Prediction:
    """One prediction out of `config.votes` runs: greedy ones under different names, or samples (`config.voting`).

    `entry_point` is the function to call, by default the last one. Raises `InputError` if the program does not define
    it or the model's style has no such voting, `ContextLengthError` if the prompt does not fit the model's context,
    else what the completer raises.
    """
    if by_samples(model, config):
        drawn = await sampled(code, input, model, config, io, entry_point)
        return majority([parse.prediction(completion, model.style) for completion in drawn], io)
    called = _callee(code, entry_point) if io == "function" else None
    copies = copies_of(code, input, config, called)
    answered = await gather(_run(one, input, model, config, io, called) for one in copies)
    made = [answer for answer in answered if answer is not None]
    told, sure = [one for one, _ in made], [raw for _, raw in made]
    won = majority(told, io, sure)
    if won.finishes is None or config.votes != model.votes:
        return won
    agreed = [raw for raw, one in zip(sure, told, strict=True) if _agree(one, won, io)]
    return replace(won, confidence=calibrated(math.fsum(agreed) / len(made), model.calibration))


def copies_of(code: str, input: str, config: PipelineConfig, called: str | None) -> list[Copy]:
    """The program as it is and copies under other names, together `config.votes`, or fewer where that is all there are.

    No two are the same, since a greedy run said twice is no second vote.
    """
    copies = [Copy(code, {}, {})]
    seen = {laid_out(code, called) or code}
    for number in range(1, TRIES * config.votes):
        if len(copies) == config.votes:
            break
        one = copy(code, input, config.seed + number, called)
        if not one.names:
            break
        if one.code not in seen:
            seen.add(one.code)
            copies.append(one)
    return copies


async def _run(
    one: Copy, input: str, model: Model, config: PipelineConfig, io: Io, called: str | None
) -> tuple[Prediction, float] | None:
    """What a greedy run says, and how sure the model was of it. None of a copy that does not fit the context."""
    try:
        made = await model.completer.complete(_request(one.code, input, model, config, io, called, config.seed))
    except ContextLengthError:
        if not one.names:
            raise
        return None
    return one.under_own_names(parse.prediction(made, model.style)), raw_confidence(made, model.style)


async def sampled(
    code: str, input: str, model: Model, config: PipelineConfig, io: Io, entry_point: str | None
) -> list[Completion]:
    """`config.votes` sampled runs with seeds `seed`, `seed + 1` and so on. Raises as `predict`."""
    called = _callee(code, entry_point) if io == "function" else None
    requests = [
        replace(
            _request(code, input, model, config, io, called, config.seed + vote),
            temperature=config.vote_temperature,
            top_p=config.top_p,
        )
        for vote in range(config.votes)
    ]
    return await gather(model.completer.complete(request) for request in requests)


def by_samples(model: Model, config: PipelineConfig) -> bool:
    """Whether votes are samples. Raises `InputError` where they are to be what the model's style cannot do."""
    if config.voting == "names" and model.style != "tagged":
        raise InputError("votes by names are for models of the tagged style: to others names mean something")
    return config.votes > 1 and (config.voting or ("names" if model.style == "tagged" else "samples")) == "samples"


def _request(
    code: str, input: str, model: Model, config: PipelineConfig, io: Io, called: str | None, seed: int
) -> CompletionRequest:
    """A greedy run."""
    prompt = prompts(model.style).predict(code, input, io, called)
    return CompletionRequest(prompt, model.room(config.max_narrative_tokens, prompt), seed=seed)


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


def majority(predictions: Sequence[Prediction], io: Io, sure: Sequence[float] = ()) -> Prediction:
    """The outcome most runs agree on, by meaning. Unknown only if no run is readable.

    On a tie it is the one whose runs were surest (`sure`, one number for each prediction), else the one seen first. Its
    confidence is its share of all runs: one that could not be read counts against it.
    """
    usage = sum((p.usage for p in predictions), Usage())
    groups: dict[object, list[Prediction]] = {}
    weights: dict[object, float] = {}
    for prediction, weight in zip(predictions, sure or [0.0] * len(predictions), strict=True):
        if prediction.finishes is not None:
            said = meaning(prediction, io)
            groups.setdefault(said, []).append(prediction)
            weights[said] = weights.get(said, 0.0) + weight
    if not groups:
        return replace(predictions[0], votes=0, ballots=0, usage=usage)
    winners = groups[max(groups, key=lambda said: (len(groups[said]), weights[said]))]
    ballots = sum(len(group) for group in groups.values())
    confidence = len(winners) / len(predictions)
    return replace(winners[0], votes=len(winners), ballots=ballots, confidence=confidence, usage=usage)


def _agree(one: Prediction, other: Prediction, io: Io) -> bool:
    return one.finishes is not None and meaning(one, io) == meaning(other, io)


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
