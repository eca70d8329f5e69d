"""One part of a data set: a function of the configuration and its number, so it can be made anywhere, in any order.

Duplicates within a part are dropped here; those between parts in the final pass (`models.dataset.merge`).
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from models.config import DataConfig, SourceConfig
from models.dataset import folder, journals, rows, schema, testcases
from models.dataset.decontaminate import Decontaminator
from models.dataset.draft import Draft
from models.dataset.kept import HALF, PAIRED, Kept, together
from models.dataset.records import Dropped
from models.dataset.sources import CORPUS, GENERATORS, SLIPPING, STATED, corpus, fingerprint
from models.programs.source import Rejected
from workers.pipeline.errors import DeskcheckError, InputError
from workers.pipeline.prompts import PROMPT_VERSION

FOLDER = "parts"
PATIENCE = 400
"""Drafts of one source in a row that may fail before the source counts as exhausted."""
EXHAUSTED = "rows short: all of it is used"
"""What is counted for each row that a part has less than it was to have."""
TOO_FEW = "no further solution of the problem"
"""What is counted for each solution that was wanted and not found, or was there already."""
EXPLAINED = "explained"
"""The kind that tells what a model said of runs."""
FINITE: Mapping[str, Callable[[SourceConfig, int, int, int], Iterator[Draft | Rejected]]] = {
    CORPUS: corpus, EXPLAINED: journals.explained,
}  # fmt: skip
"""Kinds that read what lies at a path, and come to an end: from seed, number of the part and parts."""
T = TypeVar("T")


Removed = tuple[str, str, str]
"""Source, group and reason of a program that is too close to an evaluation set."""


class Contaminated(Dropped):
    """A draft is too close to an evaluation set; the text is the rule and the set."""

    def __init__(self, reason: str, group: str) -> None:
        super().__init__(reason)
        self.group = group


class PartFailed(DeskcheckError):
    """A part could not be made: a source gives nothing, or its process died."""


def versions(config: DataConfig) -> dict[str, Any]:
    """What the bytes of a part depend on beside the configuration; corpora and journals by what was read of them."""
    return {
        "prompt_version": PROMPT_VERSION, "schema": schema.SCHEMA, "pyarrow": schema.VERSION,
        "python": platform.python_version(), "corpora": read(config.sources, CORPUS),
        "journals": read(config.sources, EXPLAINED),
    }  # fmt: skip


def read(sources: Sequence[SourceConfig], kind: str) -> dict[str, str]:
    """Path → sha256 of what was read there, for each source of a kind that reads. Raises InputError."""
    taken_of = {CORPUS: fingerprint, EXPLAINED: journals.fingerprint}[kind]
    return {source.path: taken_of(source) for source in sources if source.kind == kind}


def split(group: str, config: DataConfig) -> str:
    """The split of a group, by its hash alone: the same in every data set with these shares."""
    place = int(hashlib.sha256(f"split:{group}".encode()).hexdigest()[:12], 16) / 16**12
    return "test" if place < config.test else "validation" if place < config.test + config.validation else "train"


def wanted(config: DataConfig, number: int) -> int:
    """Rows of a part: all parts together have `config.rows`."""
    return config.rows // config.parts + (number < config.rows % config.parts)


def check(config: DataConfig) -> None:
    """Raises InputError for a source that there is not, that cannot be read, or a task it does not serve."""
    for source in config.sources:
        check_source(source)
        if source.kind == EXPLAINED and config.style != "chat":
            raise InputError(f"source {EXPLAINED!r}: models explain in words, which only the chat style has")
    versions(config)  # reads corpora and journals: what cannot be read is said before anything is made


def check_source(source: SourceConfig) -> None:
    """Raises InputError for a source that there is not, or that cannot do what is asked of it."""
    if source.kind not in GENERATORS and source.kind not in FINITE:
        raise InputError(f"no source {source.kind!r}: there are {', '.join(sorted([*GENERATORS, *FINITE]))}")
    if source.kind not in STATED and (source.solve or source.fix or source.verify):
        raise InputError(f"source {source.kind!r} has no statements: it serves only predict")
    if source.kind not in SLIPPING and source.wrong:
        raise InputError(f"source {source.kind!r} draws no wrong programs")
    if source.kind not in STATED and source.solutions > 1:
        raise InputError(f"source {source.kind!r} has no statements, so no solutions")
    if (source.kind in FINITE) != bool(source.path):
        raise InputError(f"source {source.kind!r}: {' and '.join(FINITE)} need a path, and nothing else has one")


def draw(
    config: DataConfig, number: int, dropped: Counter[tuple[str, str]], removed: list[Removed] | None = None
) -> Iterator[rows.Row]:
    """The rows of a part; what is dropped is counted by source and reason. Runs programs: in a limited child only.

    A corpus that comes to an end leaves its share to the other sources; where there are none, the part stays short, and
    may be empty.
    """
    kept, evaluation = Kept(config.same_program), Decontaminator.load()

    def made(draft: Draft, rng: Random) -> list[rows.Row]:
        reasons, found = list[str](), list[tuple[rows.Row, ...]]()
        for several in together(rows.make(draft, config, rng)):
            if reason := evaluation.why("", testcases.told(several[0])) or kept.why_not(*several):
                reasons.append(reason)
            else:
                found.append(several)
        if not found:
            raise Dropped(reasons[0])
        if short := draft.solutions() - len(found):
            dropped[draft.source.origin, TOO_FEW] += short
        return [row for several in found for row in several]

    rng, deal = Random(f"{config.seed}:part:{number}"), (config.seed, number, config.parts)
    for several in together(taken(config.sources, wanted(config, number), rng, deal, made, dropped, removed)):
        if len(several) == 1 and several[0]["task"] == PAIRED:
            dropped[several[0]["origin"], HALF] += 1
            continue
        yield from (row | {"split": split(row["group"], config)} for row in several)


def taken(
    sources: Sequence[SourceConfig],
    wanted: int,
    rng: Random,
    deal: tuple[int, int, int],
    make: Callable[[Draft, Random], Sequence[T]],
    dropped: Counter[tuple[str, str]],
    removed: list[Removed] | None = None,
) -> Iterator[T]:
    """What `make` gives for drafts of the sources by their shares, until that is enough or all sources are used up.

    `deal` is seed, number and parts of those that come to an end. Drafts of evaluation programs, and those for which
    `make` raises Dropped, are counted; the former are named in `removed` where somebody else wrote them. Raises
    PartFailed for a source that gives nothing.
    """
    weights, evaluation = [source.share for source in sources], Decontaminator.load()
    finite = {at: FINITE[source.kind](source, *deal) for at, source in enumerate(sources) if source.kind in FINITE}
    count, failures = 0, Counter[str]()
    while count < wanted and any(weights):
        (place,) = rng.choices(range(len(weights)), weights)
        source = sources[place]
        own = Random(rng.getrandbits(64))  # however much a draft draws, the next one starts from the same state
        try:
            draft = next(finite[place], None) if place in finite else GENERATORS[source.kind](source, own)
            if draft is None:
                weights[place] = 0.0
                continue
            made = make(_clean(draft, evaluation), own)[: wanted - count]
        except Dropped as dropping:
            if removed is not None and place in finite and isinstance(dropping, Contaminated):
                removed.append((source.kind, dropping.group, str(dropping)))
            dropped[source.kind, str(dropping)] += 1
            failures[source.kind] += 1
            if failures[source.kind] >= PATIENCE and place not in finite:
                why = f"source {source.kind!r} gave no row in {PATIENCE} tries; last: {dropping}"
                raise PartFailed(why) from None
            continue
        failures[source.kind] = 0
        count += len(made)
        yield from made
    if short := wanted - count:
        dropped[" and ".join(sorted({sources[place].kind for place in finite})), EXHAUSTED] += short


def _clean(draft: Draft | Rejected, evaluation: Decontaminator) -> Draft:
    """A draft that can be used, none of whose programs is of an evaluation set. Raises Dropped."""
    if isinstance(draft, Rejected):
        raise Dropped(draft.reason)
    for code in draft.programs():
        if reason := evaluation.why(code, draft.source.statement):
            raise Contaminated(reason, draft.source.group)
    return draft


def path(out: Path, number: int) -> Path:
    """Where a part lies; beside it, written after it, a `.json` with its counts and checksum."""
    return out / FOLDER / f"part-{number:05d}.parquet"


def make(config: DataConfig, number: int, out: Path, tick: Callable[[], object]) -> None:
    """Write a part, unless it is there and whole; `tick` is called for each row. Raises PartFailed."""
    if record(out, number) is not None:
        return
    dropped, removed = Counter[tuple[str, str]](), list[Removed]()
    drawn = []
    for row in draw(config, number, dropped, removed):
        drawn.append(row)
        tick()
    at = path(out, number)
    at.parent.mkdir(parents=True, exist_ok=True)
    schema.write(at, schema.table(drawn, config.style))
    reasons = [[*key, count] for key, count in sorted(dropped.items())]
    facts = {
        "rows": len(drawn), "sha256": folder.sha256(at), "dropped": reasons, "removed": removed,
        "versions": versions(config),
    }  # fmt: skip
    folder.write_text(at.with_suffix(".json"), json.dumps(facts))  # last: a part with a record is whole


def record(out: Path, number: int) -> dict[str, Any] | None:
    """Counts and checksum of a finished part; None for one that is missing or damaged and has to be made (again)."""
    at = path(out, number)
    try:
        facts: dict[str, Any] = json.loads(at.with_suffix(".json").read_text(encoding="utf-8"))
        return facts if folder.sha256(at) == facts["sha256"] else None
    except (FileNotFoundError, ValueError, KeyError):
        return None
