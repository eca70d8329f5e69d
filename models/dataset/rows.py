"""Drafts → rows: runs the programs, tells the run, and puts prompt and completion in the wanted style.

Everything a completion claims was observed, and every completion is read back by `workers.pipeline.parse` before it is
kept: what the served pipeline could not read is no training data.
"""

from __future__ import annotations

import functools
import hashlib
import os
from random import Random
from typing import Any

from models.config import DataConfig
from models.dataset.keys import program_key
from models.dataset.records import SHOWN_TESTS, Dropped, layout, outcome, prediction
from models.dataset.sources import Draft
from models.narrative import compact, prose
from models.programs.source import Source
from models.trace.jailed import Jail
from models.trace.tracer import Trace, TraceLimits, TraceRejected, trace
from workers.pipeline import parse
from workers.pipeline.prompts import chat, prompts, tagged
from workers.pipeline.types import Candidate, Completion, FinishReason, IOTest, Prediction, Prompt

Row = dict[str, Any]
"""One training example, with the columns of `models.dataset.schema`; `split` is set by whoever keeps it."""

LIMITS = TraceLimits(seconds=5.0)
"""Far more than the costliest run within the limit of lines takes, so that load on the machine decides nothing: what is
still running grows without bound."""


def make(draft: Draft, config: DataConfig, rng: Random) -> Row:
    """The row of a draft. Raises `Dropped` with the reason where there is none. In a child process with limits."""
    text, completion, facts = {"predict": _predict, "solve": _solve, "fix": _fix}[draft.task](draft, config, rng)
    source = draft.source
    size = len(completion) + len(text.text or "") + sum(len(m["content"]) for m in text.messages or ())
    if size > config.max_chars:
        raise Dropped("too long")
    chatting = config.style == "chat"
    row: Row = {
        "id": "", "task": draft.task, "style": config.style, "narrative": None,
        "prompt": list(map(dict, text.messages or ())) if chatting else text.text,
        "completion": [{"role": "assistant", "content": completion}] if chatting else completion,
        "program": source.code, "io": source.io, "entry_point": source.entry_point, "input": None,
        "output": None, "raises": None, "finishes": None, "steps": None,
        "origin": source.origin, "correct": source.correct, "group": source.group, "split": "",
        "difficulty": draft.difficulty, "key": _hash(program_key(source.code)),
    }  # fmt: skip
    row |= facts
    row["id"] = _hash(f"{row['prompt']!r}\0{row['completion']!r}")
    return row


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def run(source: Source, code: str, given: str) -> Trace:
    """What `code`, called as `source` is, does on an input. Raises `Dropped` where it cannot be told.

    Only what this project generated is traced in this process; what others wrote runs in the sandbox.
    """
    traced = _jail(os.getpid()).trace if source.origin == "corpus" else trace
    try:
        return traced(code, source.io, source.entry_point, given, LIMITS)
    except TraceRejected as error:
        raise Dropped(str(error)) from None


@functools.cache
def _jail(_process: int) -> Jail:
    """One for each process; its servers end with the process."""
    return Jail()


def _seen(draft: Draft) -> tuple[str, Trace]:
    """The input a predict row is about, and the run on it."""
    source = draft.source
    if draft.right:
        for given in source.inputs:
            want, got = run(source, draft.right, given), run(source, source.code, given)
            if outcome(want, source.io) != outcome(got, source.io):
                return given, got
        raise Dropped("no test tells the programs apart")
    for given in source.inputs:
        seen = run(source, source.code, given)
        if not draft.guessed or seen.raised not in ("TypeError", "AttributeError"):
            return given, seen
    raise Dropped("no input fits")


def _predict(draft: Draft, config: DataConfig, rng: Random) -> tuple[Prompt, str, Row]:
    source = draft.source
    given, seen = _seen(draft)
    if seen.raised and rng.random() >= config.raising:
        raise Dropped("thinned exceptions")
    text = prompts(config.style).predict(source.code, given, source.io, source.entry_point)  # type: ignore[arg-type]
    completion = _told(source.code, source.io, seen, config, rng)
    _read_back(completion, seen, config)
    return text, completion, {
        "narrative": config.narrative, "input": given, "output": seen.output, "raises": seen.raised,
        "finishes": not seen.endless, "steps": len(seen.steps),
    }  # fmt: skip


def _told(code: str, io: str, seen: Trace, config: DataConfig, rng: Random) -> str:
    if config.narrative == "prose":
        return prose.narrate(code, seen, io, rng.getrandbits(16))
    narrative = compact.narrate(code, seen, config.fold)
    if config.style == "chat":
        return f"```\n{narrative}\n```\n\n{prose.outcome(seen)}"
    return narrative + outcome(seen, io) + tagged.END


def _read_back(completion: str, seen: Trace, config: DataConfig) -> None:
    """A completion whose outcome is not read as the true one is no training data."""
    text = completion.removesuffix(tagged.END)
    read = parse.prediction(Completion(text, FinishReason.STOP), config.style)  # type: ignore[arg-type]
    same = (read.output or "").strip("\n") == (seen.output or "").strip("\n") and read.raises == seen.raised
    if not same or read.finishes is not (not seen.endless):
        raise Dropped("outcome is not read back")


def _solve(draft: Draft, config: DataConfig, _rng: Random) -> tuple[Prompt, str, Row]:
    assert draft.problem is not None
    return prompts(config.style).solve(draft.problem), _program(draft.source.code, config), {}  # type: ignore[arg-type]


def _fix(draft: Draft, config: DataConfig, rng: Random) -> tuple[Prompt, str, Row]:
    assert draft.problem is not None
    right = draft.source.code
    evidence = _evidence(draft)[: rng.randint(1, SHOWN_TESTS)]
    if not evidence:
        raise Dropped("no test tells the programs apart")
    shown = Candidate("c", right if draft.alarm else draft.wrong)
    text = prompts(config.style).fix(draft.problem, shown, evidence)  # type: ignore[arg-type]
    verdict = _verdict(evidence[0], draft.alarm, draft.source.io, config)
    return text, verdict + _program(right, config), {"correct": draft.alarm}


def _evidence(draft: Draft) -> list[tuple[IOTest, Prediction]]:
    """Tests that the wrong program fails, with what it does."""
    source, found = draft.source, []
    for given in source.inputs:
        want, got = run(source, source.code, given), run(source, draft.wrong, given)
        if want.output is not None and outcome(want, source.io) != outcome(got, source.io):
            found.append((IOTest(given, want.output), prediction(got)))
    return found


def _verdict(shown: tuple[IOTest, Prediction], alarm: bool, io: str, config: DataConfig) -> str:
    """The verdict that the chat prompt asks for, on one line; the tagged style has none."""
    if config.style == "tagged":
        return ""
    if alarm:
        return "CORRECT: the outcomes worked out by hand are wrong, the program is right.\n\n"
    test, seen = shown
    want, got = (test.output, seen.output) if io == "function" else (repr(test.output), repr(seen.output))
    return f"INCORRECT: test 1 expects {want}, the program {_happens(seen, got)}.\n\n"


def _happens(seen: Prediction, got: str | None) -> str:
    return chat.outcome(seen) if seen.output is None else f"gives {got}"


def _program(code: str, config: DataConfig) -> str:
    return code + tagged.END if config.style == "tagged" else f"```python\n{layout(code)}\n```"
