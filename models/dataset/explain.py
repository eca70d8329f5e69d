"""Runs for a model to explain, drawn from sources as the predict rows of a data set are, evaluation sets kept out."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from random import Random

from models.config import ExplainConfig, digest
from models.dataset import part
from models.dataset.draft import Draft
from models.dataset.kept import Kept
from models.dataset.keys import program_key
from models.dataset.predict import observed
from models.dataset.records import Dropped
from models.dataset.sources import CORPUS
from models.narrative.explanation import Task, run_id
from models.narrative.rewrite import prompt
from models.trace.limits import hash_seed, limit_child
from workers.pipeline.errors import InputError


@dataclass(frozen=True, slots=True)
class Drawn:
    """Runs to be explained, and what gave none."""

    tasks: list[Task]
    dropped: Counter[tuple[str, str]]
    """By source and reason."""


def check(config: ExplainConfig) -> str:
    """A hash of all that decides which runs are drawn: the configuration, and what its corpora hold.

    Raises InputError for a source that there is not, that cannot be read, or that is asked for more than runs.
    """
    for source in config.sources:
        part.check_source(source)
        if source.solve or source.fix or source.verify or source.kind == part.EXPLAINED:
            raise InputError(f"source {source.kind!r}: only runs of programs are explained, the task predict")
    return digest((config, part.read(config.sources, CORPUS)))


def draw(config: ExplainConfig, count: int) -> Drawn:
    """`count` runs, traced in a child process with limits; fewer where the sources are corpora that are used up.

    The same for the same configuration; of more runs the first ones are the same. Raises PartFailed for a source that
    gives nothing, InputError for a count below 1.
    """
    if count < 1:
        raise InputError(f"{count} runs: at least 1 is drawn")
    spawn = multiprocessing.get_context("spawn")
    with hash_seed(), ProcessPoolExecutor(1, spawn, initializer=limit_child) as pool:
        try:
            return pool.submit(_draw, config, count).result()
        except BrokenProcessPool as error:
            raise part.PartFailed(f"the process that draws runs died: {error}") from error


def _draw(config: ExplainConfig, count: int) -> Drawn:
    kept, dropped = Kept(config.same_program), Counter[tuple[str, str]]()

    def made(draft: Draft, rng: Random) -> list[Task]:
        task = _task(draft, config, rng)
        if reason := kept.why_not({"id": task.id, "task": "predict", "key": program_key(task.source.code)}):
            raise Dropped(reason)
        return [task]

    rng = Random(f"{config.seed}:explain")
    return Drawn(list(part.taken(config.sources, count, rng, (config.seed, 0, 1), made, dropped)), dropped)


def _task(draft: Draft, config: ExplainConfig, rng: Random) -> Task:
    """The run of a draft. Raises Dropped."""
    given, run = observed(draft)
    if run.raised and rng.random() >= config.raising:
        raise Dropped("thinned exceptions")
    source = replace(draft.source, inputs=(given,))
    task = Task(run_id(source), source, run, draft.difficulty)
    if sum(len(message["content"]) for message in prompt(task).messages or ()) > config.max_chars:
        raise Dropped("too long")
    return task
