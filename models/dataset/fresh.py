"""Programs and problems that are in no shard and no frozen set on purpose: what serving's numbers are measured on.

Drawn in a child process with limits, as everything that is traced.
"""

from __future__ import annotations

import multiprocessing
from random import Random
from typing import Any

from models.config import DatasetConfig
from models.dataset import freeze, records
from models.dataset.keys import program_key
from models.programs import chain, wide
from models.programs import problems as stating
from models.programs.source import Source
from models.trace.limits import limit_child

TESTS, LONGEST = 4, 200
"""Of a function of `unseen`: tests at most, and characters of an output."""


def programs(count: int, seed: str) -> list[dict[str, Any]]:
    """`count` programs in the form of the frozen set `predict`, none of them equal to a frozen one."""
    with multiprocessing.get_context("spawn").Pool(1, limit_child) as pool:
        return pool.apply(_draw, (count, seed))


def _draw(count: int, seed: str) -> list[dict[str, Any]]:
    rng, config, forbidden = Random(seed), DatasetConfig(), freeze.keys()
    rows: list[dict[str, Any]] = []
    while len(rows) < count:
        try:
            program = records.draw_program(config, rng)
            run = records.run(program.code, program.io, program.entry_point, program.given)
        except records.Dropped:
            continue
        if program_key(program.code) not in forbidden and len(program.code) < freeze.CHARACTERS // 2:
            rows.append(freeze.row(str(len(rows)), program, run))
    return rows


def problems(count: int, seed: str, longest: int = 4) -> list[dict[str, Any]]:
    """`count` problems in the form of the frozen set `solve`, none of them like a frozen one, no two alike.

    Every other one is of `longest` operations; the others are of held-out skeletons, as the frozen ones are: so some
    are easy for a model and some are hard, where that is more than its training has.
    """
    with multiprocessing.get_context("spawn").Pool(1, limit_child) as pool:
        return pool.apply(_pose, (count, seed, longest))


def _pose(count: int, seed: str, longest: int) -> list[dict[str, Any]]:
    rng, keys = Random(seed), set(freeze.keys())
    skeletons = {row["skeleton"] for name in ("solve", "reworded") for row in freeze.load(name)}
    rows: list[dict[str, Any]] = []
    while len(rows) < count:
        stated = stating.state(_long(rng, longest), rng) if len(rows) % 2 else records.draw_stated(rng, held_out=True)
        code = records.layout(stating.program(stated, rng))
        skeleton, key = chain.skeleton(stated.steps), program_key(code)
        if skeleton in skeletons or key in keys:
            continue
        if tests := freeze.tests(stated, code, rng):
            skeletons.add(skeleton)
            keys.add(key)
            rows.append({"id": f"fresh-{len(rows)}", **freeze.posed(stated, code, tests)})
    return rows


def unseen(count: int, seed: str) -> list[dict[str, Any]]:
    """`count` functions in the form of the frozen set `solve`, without a statement, of templates kept out of training.

    None of them like a frozen program, no two alike. Each with two to `TESTS` tests of what it returns.
    """
    with multiprocessing.get_context("spawn").Pool(1, limit_child) as pool:
        return pool.apply(_unseen, (count, seed))


def _unseen(count: int, seed: str) -> list[dict[str, Any]]:
    rng, keys = Random(seed), set(freeze.keys())
    rows: list[dict[str, Any]] = []
    while len(rows) < count:
        source = wide.unseen(rng, TESTS)
        code = records.layout(source.code)
        tests = [test for given in dict.fromkeys(source.inputs) if (test := _test(code, source, given))]
        if len(tests) > 1 and (key := program_key(code)) not in keys:
            keys.add(key)
            rows.append({
                "id": f"unseen-{len(rows)}", "statement": "", "io": source.io, "entry_point": source.entry_point,
                "public_tests": [], "private_tests": tests, "reference_solution": code,
            })  # fmt: skip
    return rows


def _test(code: str, source: Source, given: str) -> dict[str, str] | None:
    """What a function returns, if it does, and that is not too long to be copied."""
    try:
        run = records.run(code, source.io, source.entry_point, given)
    except records.Dropped:
        return None
    if run.output is None or len(run.output) > LONGEST:
        return None
    return {"input": given, "output": run.output}


def _long(rng: Random, length: int) -> tuple[chain.Step, ...]:
    """So many operations; a yes/no answer ends a chain early."""
    while len(steps := chain.draw(rng, length)) < length:
        pass
    return steps
