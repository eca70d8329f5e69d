"""Predict rows: a program and an input, answered by the run that was observed and its outcome."""

from __future__ import annotations

from random import Random
from typing import Any

from models.config import DataConfig
from models.dataset import journals, narratives
from models.dataset.draft import Draft
from models.dataset.example import Example
from models.dataset.records import Dropped, outcome
from models.dataset.runs import run
from models.narrative import compact, prose
from models.narrative.explanation import Explanation
from models.programs import fuzz
from models.programs.source import Source
from models.trace.limits import TimeExceeded
from models.trace.tracer import REASONS
from models.trace.types import Trace
from workers.pipeline import parse
from workers.pipeline.prompts import prompts, tagged
from workers.pipeline.types import Completion, FinishReason

NO_MATTER_THE_INPUT = {REASONS[TimeExceeded]}
"""Why a run is dropped that no other guess is tried after: each costs seconds."""


def predict(draft: Draft, config: DataConfig, rng: Random) -> list[Example]:
    """The one example of a draft. Raises `Dropped`."""
    source = draft.source
    if draft.explanation is not None:
        return [_explained(draft.explanation, config)]
    given, seen = observed(draft, config.workings)
    if seen.raised and rng.random() >= config.raising:
        raise Dropped("thinned exceptions")
    prompt = prompts(config.style).predict(source.code, given, source.io, source.entry_point)  # type: ignore[arg-type]
    completion = _told(source.code, source.io, seen, config, rng)
    read_back(completion, seen, config)
    facts = _facts(narratives.style(config), given, seen, len(seen.steps))
    if draft.right:
        facts |= {
            "right_program": draft.right, "wrong_program": source.code, "slip": draft.slip, "failing_input": given
        }  # fmt: skip
    return [Example(prompt, completion, source.code, facts)]


def _explained(found: Explanation, config: DataConfig) -> Example:
    """What a model said of a run; its prompt is that of any other predict row."""
    source, given = found.source, found.source.inputs[0]
    prompt = prompts(config.style).predict(source.code, given, source.io, source.entry_point)  # type: ignore[arg-type]
    completion = journals.completion(found)
    read_back(completion, found.run, config)
    return Example(prompt, completion, source.code, _facts(journals.NARRATIVE, given, found.run, found.steps))


def _facts(narrative: str, given: str, run: Trace, steps: int) -> dict[str, Any]:
    return {
        "narrative": narrative, "input": given, "output": run.output, "raises": run.raised,
        "finishes": not run.endless, "steps": steps,
    }  # fmt: skip


def observed(draft: Draft, workings: str = "plain") -> tuple[str, Trace]:
    """The input a predict row is about, and the run on it."""
    source = draft.source
    if draft.right:
        for given in source.inputs:
            want, got = run(source, draft.right, given), run(source, source.code, given, workings)
            if outcome(want, source.io) != outcome(got, source.io):
                return given, got
        raise Dropped("no test tells the programs apart")
    if draft.guessed:
        return _fitting(source, workings)
    return source.inputs[0], run(source, source.code, source.inputs[0], workings)


def _fitting(source: Source, workings: str) -> tuple[str, Trace]:
    """The first guess that the program can work with, and the run on it."""
    reasons = []
    for given in source.inputs:
        try:
            seen = run(source, source.code, given, workings)
        except Dropped as reason:
            reasons.append(reason)
            if str(reason) in NO_MATTER_THE_INPUT:
                break
            continue
        if seen.raised not in fuzz.MISFITS[source.io]:
            return given, seen
    raise reasons[-1] if reasons else Dropped("no input fits")


def _told(code: str, io: str, seen: Trace, config: DataConfig, rng: Random) -> str:
    told = steps(code, io, seen, config, rng)
    return f"{told}\n\n{prose.outcome(seen)}" if config.style == "chat" else told + outcome(seen, io) + tagged.END


def steps(code: str, io: str, seen: Trace, config: DataConfig, rng: Random) -> str:
    """A run as completions tell it, without the outcome's block or tag."""
    if config.narrative == "prose":
        return prose.narrate(code, seen, io, rng.getrandbits(16)).removesuffix(f"\n\n{prose.outcome(seen)}")
    narrative = compact.narrate(code, seen, config.fold)
    return f"```\n{narrative}\n```" if config.style == "chat" else narrative


def read_back(completion: str, seen: Trace, config: DataConfig) -> None:
    """A completion whose outcome is not read as the true one is no training data. Raises `Dropped`."""
    text = completion.removesuffix(tagged.END)
    read = parse.prediction(Completion(text, FinishReason.STOP), config.style)  # type: ignore[arg-type]
    same = (read.output or "").strip("\n") == (seen.output or "").strip("\n") and read.raises == seen.raised
    if not same or read.finishes is not (not seen.endless):
        raise Dropped("outcome is not read back")
