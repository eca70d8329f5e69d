"""Makes the frozen evaluation sets, once, before any training: `python -m models.dataset.freeze`.

`predict.jsonl`: 500 programs with one input each and what they really do; `solve.jsonl`: 200 stated problems from the
held-out skeletons, half of them stdin/stdout, with public and hidden tests. No two programs are equal up to names and
literals. Training drops every program whose key is among these (`keys`), and never sees a held-out skeleton. A third
set, `reworded.jsonl`, has a command of its own: `python -m models.dataset.freeze_reworded`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from models.config import DatasetConfig
from models.dataset import records
from models.dataset.keys import program_key
from models.narrative.compact import narrate
from models.programs import chain, problems
from models.trace.limits import limit_child
from models.trace.types import Trace

FOLDER = Path(__file__).parent / "frozen"
SEED = 20_261_122
PROGRAMS, PROBLEMS = 500, 200
PUBLIC, HIDDEN = 3, 8
SETS: Mapping[str, str] = {"predict": "code", "solve": "reference_solution", "reworded": "reference_solution"}
"""Each frozen set, and the field of its rows that holds the program."""
CHARACTERS = 1200
"""Longest prompt plus true completion of a frozen program; roughly the 640 tokens that training records may have."""


def load(name: str) -> list[dict[str, Any]]:
    """The rows of a frozen set, one of `SETS`."""
    with (FOLDER / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def programs(sets: Iterable[str] = tuple(SETS)) -> list[str]:
    """The programs of frozen sets, by default of all."""
    return [row[SETS[name]] for name in sets for row in load(name)]


def keys(sets: Iterable[str] = tuple(SETS)) -> frozenset[str]:
    """Keys of all programs in the frozen sets; no training record may have one."""
    return frozenset(map(program_key, programs(sets)))


def row(id: str, program: records.Program, run: Trace) -> dict[str, Any]:
    """A program, its input and what really happens, as a line of `predict.jsonl`."""
    return {
        "id": id, "code": program.code, "io": program.io, "entry_point": program.entry_point, "input": program.given,
        "output": run.output, "raises": run.raised, "finishes": not run.endless, "origin": program.origin,
    }  # fmt: skip


def _programs(rng: Random) -> Iterator[dict[str, Any]]:
    config, seen = DatasetConfig(), set[str]()
    while len(seen) < PROGRAMS:
        try:
            program = records.draw_program(config, rng, held_out=True)
            run = records.run(program.code, program.io, program.entry_point, program.given)
        except records.Dropped:
            continue
        key = program_key(program.code)
        length = len(program.code) + len(program.given) + len(narrate(program.code, run))
        if key in seen or length > CHARACTERS:
            continue
        seen.add(key)
        yield row(f"program-{len(seen)}", program, run)


def _problems(rng: Random, taken: set[str]) -> Iterator[dict[str, Any]]:
    count = {"function": 0, "stdio": 0}
    skeletons: set[str] = set()
    while sum(count.values()) < PROBLEMS:
        stated = records.draw_stated(rng, held_out=True)
        name = chain.skeleton(stated.steps)
        code = records.layout(problems.program(stated, rng))
        if count[stated.io] == PROBLEMS // 2 or name in skeletons or program_key(code) in taken:
            continue
        found = tests(stated, code, rng)
        if found is None:
            continue
        skeletons.add(name)
        taken.add(program_key(code))
        count[stated.io] += 1
        yield {"id": f"problem-{len(skeletons)}", **posed(stated, code, found)}


def posed(stated: problems.Stated, code: str, tests: list[dict[str, str]]) -> dict[str, Any]:
    """A problem with its reference solution and tests as a line of `solve.jsonl`, but for its id."""
    return {
        "statement": stated.statement, "io": stated.io, "entry_point": stated.entry_point,
        "starter_code": stated.starter or None, "public_tests": tests[:PUBLIC], "private_tests": tests[PUBLIC:],
        "reference_solution": code, "skeleton": chain.skeleton(stated.steps),
    }  # fmt: skip


def tests(stated: problems.Stated, code: str, rng: Random) -> list[dict[str, str]] | None:
    """Distinct inputs on which the reference gives an output; None if the outputs hardly vary."""
    found: dict[str, str] = {}
    for _ in range(60):
        given = problems.arguments(stated, rng)
        try:
            run = records.run(code, stated.io, stated.entry_point, given)
        except records.Dropped:
            continue
        if run.output is not None:
            found.setdefault(given, run.output)
        if len(found) == PUBLIC + HIDDEN:
            break
    if len(found) < PUBLIC + HIDDEN or len(set(found.values())) < 2:
        return None
    return [{"input": given, "output": output} for given, output in found.items()]


def main() -> None:
    """Write both sets; refuses where they exist, since what was trained depends on them."""
    if FOLDER.exists():
        sys.exit(f"error: {FOLDER} exists: frozen sets are made once")
    limit_child()
    rng = Random(SEED)
    programs = list(_programs(rng))
    rows = {"predict": programs, "solve": list(_problems(rng, {program_key(p["code"]) for p in programs}))}
    FOLDER.mkdir()
    for name, items in rows.items():
        write(name, items)


def write(name: str, items: list[dict[str, Any]]) -> None:
    """Write a set; who calls has made sure that there is none."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in items)
    (FOLDER / f"{name}.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
