"""What the models are measured on: fresh programs and problems, the same for every arm and seed.

Programs and problems follow skeletons from the held-out side, and none of them is in a frozen set. Drawn in a child
process with limits, as everything that is traced.
"""

from __future__ import annotations

import json
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from models.ablate.sizes import Sizes
from models.config import NARRATIVES, DatasetConfig
from models.dataset import folder, freeze, records
from models.dataset.decontaminate import Decontaminator
from models.dataset.keys import program_key
from models.dataset.records import Dropped, Program
from models.narrative.compact import narrate
from models.programs import problems, wide
from models.rl import drawing, rows
from models.rl.config import PoolConfig
from models.rl.rows import SolveRow
from models.trace.limits import hash_seed, limit_child
from models.trace.types import Trace

SEED = "ablate"
VERSION = 5
"""Of what items hold and what is measured of them: another one needs a folder of its own."""
INPUTS = 8
"""Inputs tried for one that tells an incorrect program from the correct one."""
Rows = list[dict[str, Any]]


def make(draw: Callable[..., Rows], arguments: tuple[Any, ...], path: Path) -> None:
    """Write what `draw` gives as JSON lines, whole or not at all."""
    with hash_seed(), multiprocessing.get_context("spawn").Pool(1, limit_child) as pool:
        found = pool.apply(draw, arguments)
    path.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found))


def read(path: Path) -> Rows:
    """The lines of a file that `make` wrote."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def programs(sizes: Sizes) -> Rows:
    """Programs in the form of the frozen set `predict`; `origin` is (unseen) correct or incorrect, random or raises.

    A correct and an incorrect program come in pairs: for one problem and one input, on which their outputs differ. The
    unseen ones are functions of templates that are kept out of training, and the same with a slip in them.
    """
    rng, taken = Random(f"{SEED}:programs"), set(freeze.keys())
    pairs = _pairs(sizes.pairs, _stated, taken, rng) + _pairs(sizes.unseen, _unseen, taken, rng)
    return pairs + _others(sizes, taken, rng)


def _pairs(count: int, draw: Callable[[Random], list[Program]], taken: set[str], rng: Random) -> Rows:
    out: Rows = []
    while len(out) < 2 * count:
        try:
            pair = [(program, seen(program)) for program in draw(rng)]
            keys = {program_key(program.code) for program, _ in pair}
            if not all(short(*one) for one in pair) or keys & taken or len(keys) < len(pair):
                continue
            out += [_row(f"{program.origin}-{len(out) // 2}", program, run) for program, run in pair]
            taken |= keys
        except Dropped:
            continue
    return out


def _stated(rng: Random) -> list[Program]:
    """A correct and an incorrect program for a stated problem. Raises `Dropped`, as the next one."""
    stated = records.draw_stated(rng, held_out=True)
    style = rng.getrandbits(32)
    right, wrong = records.layout(problems.program(stated, Random(style))), drawing.near(stated, style, rng)
    inputs = (problems.arguments(stated, rng) for _ in range(INPUTS))
    return _told_apart(Program(right, stated.io, stated.entry_point, "", "correct"), wrong, inputs)


def _unseen(rng: Random) -> list[Program]:
    """A function of a template that is kept out of training, and the same with a slip in it."""
    source = wide.unseen(rng, INPUTS)
    code = records.layout(source.code)
    right = Program(code, source.io, source.entry_point, source.inputs[0], "unseen correct")
    return _told_apart(right, drawing.slipped(right, rng), source.inputs)


def _told_apart(right: Program, wrong: str, inputs: Iterable[str]) -> list[Program]:
    """Both on the first input where their outputs differ."""
    for given in inputs:
        outputs = [records.run(code, right.io, right.entry_point, given).output for code in (right.code, wrong)]
        if None not in outputs and outputs[0] != outputs[1]:
            incorrect = right.origin.replace("correct", "incorrect")
            return [replace(right, given=given), replace(right, code=wrong, given=given, origin=incorrect)]
    raise Dropped("no input tells the programs apart")


def _others(sizes: Sizes, taken: set[str], rng: Random) -> Rows:
    wanted = Counter(random=sizes.random, raises=sizes.raises)
    out: Rows = []
    while wanted.total():
        try:
            program = records.draw_program(DatasetConfig(), rng, held_out=True)
            run = seen(program)
            origin = "raises" if run.raised else program.origin if run.output is not None else ""
            if wanted[origin] > 0 and short(program, run) and (key := program_key(program.code)) not in taken:
                out.append({**_row(f"{origin}-{wanted[origin] - 1}", program, run), "origin": origin})
                wanted[origin] -= 1
                taken.add(key)
        except Dropped:
            continue
    return out


def _row(name: str, program: Program, run: Trace) -> dict[str, Any]:
    """As in the frozen set, and the true narrative in each style of manifests that has lines. Raises `Dropped`."""
    runs = {style: seen(program, workings) for workings, style in NARRATIVES.items()}
    return {**freeze.row(name, program, run), "told": {style: records.told(program, of) for style, of in runs.items()}}


def seen(program: Program, workings: str = "plain") -> Trace:
    """What a program does. Raises `Dropped`."""
    return records.run(program.code, program.io, program.entry_point, program.given, workings)


def short(program: Program, run: Trace) -> bool:
    """Whether it is no longer than the programs of the frozen set."""
    return len(program.code) + len(program.given) + len(narrate(program.code, run)) <= freeze.CHARACTERS


def stated(sizes: Sizes) -> Rows:
    """Problems with public and hidden tests, as rows of the task solve, those of many operations first."""
    rng, evaluation = Random(f"{SEED}:problems"), Decontaminator.load()
    half = sizes.hard // 2
    wanted = {("hard", "function"): half, ("hard", "stdio"): sizes.hard - half,
              ("easy", "function"): sizes.easy // 2, ("easy", "stdio"): sizes.easy - sizes.easy // 2}  # fmt: skip
    out: Rows = []
    told: set[str] = set()
    for (kind, io), count in wanted.items():
        config = PoolConfig(operations=sizes.operations if kind == "hard" else 0)
        while count:
            try:
                row = drawing.solve(config, evaluation, rng, held_out=True)
            except Dropped:
                continue
            if row.problem.io == io and row.problem.statement not in told:
                told.add(row.problem.statement)
                count -= 1
                out.append({"id": f"{kind}-{io}-{count}", **rows.dump("solve", row)})
    return out


def problem_rows(path: Path, kind: str = "") -> list[SolveRow]:
    """The problems of a file that `make` wrote: all, or the `hard` or `easy` ones; ids are those of the lines."""
    out = []
    for line in read(path):
        name = line.pop("id")
        line["problem"]["id"] = name
        _, row = rows.load(line)
        assert isinstance(row, SolveRow)
        if name.startswith(kind):
            out.append(row)
    return out
