"""Training records as the tests need them: drawn from the real stream, and taken apart by their tags again."""

from __future__ import annotations

import ast
import hashlib
import multiprocessing
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from models import config
from models.dataset import records
from models.dataset.decontaminate import Decontaminator
from models.dataset.records import Record
from models.dataset.stream import stream
from models.programs.problems import Stated
from models.trace.limits import limit_child
from workers.pipeline.prompts import tagged
from workers.pipeline.types import Io

NANO = Path(__file__).parents[3] / "models/configs/nano-wide.toml"
_SHOWN = re.compile(
    "(?s)"
    + re.escape(tagged.INPUT)
    + "(.*?)"
    + re.escape(tagged.EXPECTED)
    + "(.*?)"
    + re.escape(tagged.PREDICTED)
    + f"(.*?)(?={re.escape(tagged.INPUT)}|{re.escape(tagged.REPAIR)})"
)


def draw(count: int) -> tuple[tuple[Record, ...], tuple[Stated, ...]]:
    """The first records of the bundled model's first shard, and every statement that was drawn for them."""
    with multiprocessing.get_context("spawn").Pool(1, limit_child) as pool:  # some programs would take all memory
        return pool.apply(_draw, (count,))


def _draw(count: int) -> tuple[tuple[Record, ...], tuple[Stated, ...]]:
    stated: list[Stated] = []
    real = records.draw_stated

    def spy(rng: Random, *how: Any, **more: Any) -> Stated:
        stated.append(real(rng, *how, **more))
        return stated[-1]

    settings = config.load(NANO).dataset
    with patch.object(records, "draw_stated", spy):
        drawn = tuple(islice(stream(settings, f"{settings.seed}:0", Decontaminator.load(), Counter()), count))
    return drawn, tuple(stated)


@cache
def training() -> tuple[tuple[Record, ...], tuple[Stated, ...]]:
    """3,000 training records, drawn once for all tests."""
    return draw(3000)


def digest(drawn: tuple[Record, ...]) -> str:
    """sha256 over the text of records."""
    text = "".join(f"{r.task}\0{r.prompt}\0{r.completion}\n" for r in drawn)
    return hashlib.sha256(text.encode()).hexdigest()


def program(record: Record) -> str:
    """The program that a record is about: the simulated one, or the solution."""
    if record.task == "predict":
        return between(record.prompt, tagged.CODE, tagged.INPUT)
    return record.completion.removesuffix(tagged.END)


def between(text: str, start: str, end: str) -> str:
    """What stands between two tags."""
    return text.split(start, 1)[1].split(end, 1)[0]


def given(text: str, io: Io) -> str:
    """An input or output as a program gets it: the text that a literal stands for, or an argument list."""
    return str(ast.literal_eval(text)) if io == "stdio" else text


def shape(code: str) -> tuple[Io, str | None]:
    """How a program takes its input; a tagged model calls the last function."""
    functions = [node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
    return ("stdio", None) if "input()" in code else ("function", functions[-1])


def evidence(prompt: str) -> Iterator[tuple[str, str, str]]:
    """Input, expected and predicted outcome of each test in a fix prompt."""
    for match in _SHOWN.finditer(prompt):
        yield match[1], match[2], match[3]
