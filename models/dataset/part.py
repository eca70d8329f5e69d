"""One part of a data set: a function of the configuration and its number, so it can be made anywhere, in any order.

Duplicates within a part are dropped here; those between parts in the final pass (`models.dataset.merge`).
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from models.config import DataConfig, SourceConfig
from models.dataset import folder, rows, schema
from models.dataset.decontaminate import Decontaminator
from models.dataset.records import Dropped
from models.dataset.sources import CORPUS, GENERATORS, SLIPPING, STATED, Draft, corpus, fingerprint
from models.programs.source import Rejected
from workers.pipeline.errors import DeskcheckError, InputError
from workers.pipeline.prompts import PROMPT_VERSION

FOLDER = "parts"
PATIENCE = 400
"""Drafts of one source in a row that may fail before the source counts as exhausted."""
EXHAUSTED = "rows short: the corpus is used up"
"""What is counted for each row that a part has less than it was to have."""


class PartFailed(DeskcheckError):
    """A part could not be made: a source gives nothing, or its process died."""


@dataclass(slots=True)
class Kept:
    """What a split or a part has taken so far; says why the next row is not taken."""

    same_program: int
    ids: set[str] = field(default_factory=set)
    programs: Counter[tuple[str, str]] = field(default_factory=Counter)

    def why_not(self, id: str, task: str, key: str) -> str | None:
        """The reason to drop a row, or None: it is counted as taken then."""
        if id in self.ids:
            return "equal row"
        if self.programs[task, key] >= self.same_program:
            return "equal program"
        self.ids.add(id)
        self.programs[task, key] += 1
        return None


def versions(config: DataConfig) -> dict[str, Any]:
    """What the bytes of a part depend on beside the configuration; corpora by what was read of them."""
    read = {source.path: fingerprint(source) for source in config.sources if source.kind == CORPUS}
    return {
        "prompt_version": PROMPT_VERSION, "pyarrow": schema.VERSION, "python": platform.python_version(),
        "corpora": read,
    }  # fmt: skip


def split(group: str, config: DataConfig) -> str:
    """The split of a group, by its hash alone: the same in every data set with these shares."""
    place = int(hashlib.sha256(f"split:{group}".encode()).hexdigest()[:12], 16) / 16**12
    return "test" if place < config.test else "validation" if place < config.test + config.validation else "train"


def wanted(config: DataConfig, number: int) -> int:
    """Rows of a part: all parts together have `config.rows`."""
    return config.rows // config.parts + (number < config.rows % config.parts)


def check(config: DataConfig) -> None:
    """Raises InputError for a source that there is not, or a task it does not serve."""
    for source in config.sources:
        if source.kind not in GENERATORS and source.kind != CORPUS:
            raise InputError(f"no source {source.kind!r}: there are {', '.join(sorted([*GENERATORS, CORPUS]))}")
        if source.kind not in STATED and (source.solve or source.fix):
            raise InputError(f"source {source.kind!r} has no statements: it serves only predict")
        if source.kind not in SLIPPING and source.wrong:
            raise InputError(f"source {source.kind!r} draws no wrong programs")
        if (source.kind == CORPUS) != bool(source.path):
            raise InputError(f"source {source.kind!r}: a corpus needs a path, and nothing else has one")
        if source.kind == CORPUS:
            fingerprint(source)  # reads it: what cannot be read is said before anything is made


def draw(config: DataConfig, number: int, dropped: Counter[tuple[str, str]]) -> Iterator[rows.Row]:
    """The rows of a part; what is dropped is counted by source and reason. Runs programs: in a limited child only.

    A corpus that comes to an end leaves its share to the other sources; where there are none, the part stays short.
    """
    rng, kept, evaluation = Random(f"{config.seed}:part:{number}"), Kept(config.same_program), Decontaminator.load()
    weights = [source.share for source in config.sources]
    corpora = {
        place: corpus(source, config.seed, number, config.parts)
        for place, source in enumerate(config.sources) if source.kind == CORPUS
    }  # fmt: skip
    count, failures, last = 0, Counter[str](), ""
    while count < wanted(config, number) and any(weights):
        (place,) = rng.choices(range(len(weights)), weights)
        source: SourceConfig = config.sources[place]
        own = Random(rng.getrandbits(64))  # however much a draft draws, the next one starts from the same state
        try:
            draft = next(corpora[place], None) if place in corpora else GENERATORS[source.kind](source, own)
            if draft is None:
                weights[place] = 0.0
                continue
            row = _row(draft, config, own, kept, evaluation)
        except Dropped as dropping:
            last = str(dropping)
            dropped[source.kind, last] += 1
            failures[source.kind] += 1
            if failures[source.kind] >= PATIENCE and place not in corpora:
                raise PartFailed(f"source {source.kind!r} gave no row in {PATIENCE} tries; last: {last}") from None
            continue
        failures[source.kind] = 0
        count += 1
        yield row | {"split": split(row["group"], config)}
    if not count:
        raise PartFailed(f"source {CORPUS!r} gave no row; last: {last or 'no row in this part'}")
    if short := wanted(config, number) - count:
        dropped[CORPUS, EXHAUSTED] += short


def _row(draft: Draft | Rejected, config: DataConfig, rng: Random, kept: Kept, evaluation: Decontaminator) -> rows.Row:
    """The row of a draft. Raises Dropped."""
    if isinstance(draft, Rejected):
        raise Dropped(draft.reason)
    if reason := evaluation.why(draft.source.code, draft.source.statement):
        raise Dropped(reason)
    row = rows.make(draft, config, rng)
    if reason := kept.why_not(row["id"], row["task"], row["key"]):
        raise Dropped(reason)
    return row


def path(out: Path, number: int) -> Path:
    """Where a part lies; beside it, written after it, a `.json` with its counts and checksum."""
    return out / FOLDER / f"part-{number:05d}.parquet"


def make(config: DataConfig, number: int, out: Path, tick: Callable[[], object]) -> None:
    """Write a part, unless it is there and whole; `tick` is called for each row. Raises PartFailed."""
    if record(out, number) is not None:
        return
    dropped = Counter[tuple[str, str]]()
    drawn = []
    for row in draw(config, number, dropped):
        drawn.append(row)
        tick()
    at = path(out, number)
    at.parent.mkdir(parents=True, exist_ok=True)
    schema.write(at, schema.table(drawn, config.style))
    reasons = [[*key, count] for key, count in sorted(dropped.items())]
    facts = {"rows": len(drawn), "sha256": folder.sha256(at), "dropped": reasons, "versions": versions(config)}
    folder.write_text(at.with_suffix(".json"), json.dumps(facts))  # last: a part with a record is whole


def record(out: Path, number: int) -> dict[str, Any] | None:
    """Counts and checksum of a finished part; None for one that is missing or damaged and has to be made (again)."""
    at = path(out, number)
    try:
        facts: dict[str, Any] = json.loads(at.with_suffix(".json").read_text(encoding="utf-8"))
        return facts if folder.sha256(at) == facts["sha256"] else None
    except (FileNotFoundError, ValueError, KeyError):
        return None
