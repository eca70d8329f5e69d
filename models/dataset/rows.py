"""Drafts → rows: each task makes its examples (`predict`, `solve`, `fix`, `verify`), here they get the columns that all
rows have.

Everything a completion claims was observed, and every narrative is read back by `workers.pipeline.parse` before it is
kept: what the served pipeline could not read is no training data.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from random import Random
from typing import Any

from models.config import DataConfig
from models.dataset.draft import Draft
from models.dataset.example import Example
from models.dataset.fix import fix
from models.dataset.kept import PAIRED
from models.dataset.keys import program_key
from models.dataset.predict import predict
from models.dataset.records import Dropped
from models.dataset.schema import COLUMNS
from models.dataset.solve import solve
from models.dataset.verify import verify
from models.programs.source import Source
from workers.pipeline.types import Prompt

Row = dict[str, Any]
"""One training example, with the columns of `models.dataset.schema`; `split` is set by whoever keeps it."""
TASKS = {"predict": predict, "solve": solve, "fix": fix, "verify": verify}


def make(draft: Draft, config: DataConfig, rng: Random) -> list[Row]:
    """The rows of a draft: one, for `solve` one for each solution, for `verify` two. In a child process with limits.

    Raises `Dropped` with the reason where there is none.
    """
    made = TASKS[draft.task](draft, config, rng)
    short = [example for example in made if _size(example) <= config.max_chars]
    if not short or (draft.task == PAIRED and len(short) < len(made)):
        raise Dropped("too long")
    common = {"task": draft.task, "difficulty": draft.difficulty}
    return [
        assembled(replace(draft.source, code=own.program), own.prompt, own.completion, common | own.facts, config)
        for own in short
    ]  # fmt: skip


def _size(example: Example) -> int:
    prompt = example.prompt
    return len(example.completion) + len(prompt.text or "") + sum(len(m["content"]) for m in prompt.messages or ())


def assembled(source: Source, prompt: Prompt, completion: str, facts: Row, config: DataConfig) -> Row:
    """A row about a program: what follows from its source, and over that the columns given as facts."""
    chatting = config.style == "chat"
    row: Row = dict.fromkeys(COLUMNS) | {
        "style": config.style, "prompt": list(map(dict, prompt.messages or ())) if chatting else prompt.text,
        "completion": [{"role": "assistant", "content": completion}] if chatting else completion,
        "statement": source.statement or None, "program": source.code, "io": source.io,
        "entry_point": source.entry_point, "origin": source.origin, "correct": source.correct, "group": source.group,
        "split": "", "key": _hash(program_key(source.code)),
    } | facts  # fmt: skip
    row["id"] = _hash(f"{row['prompt']!r}\0{row['completion']!r}")
    return row


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
