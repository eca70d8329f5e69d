"""Makes the frozen set of stated problems in unseen words, once: `python -m models.dataset.freeze_reworded`.

`reworded.jsonl`: 100 problems of one to four operations, half of them stdin/stdout, in the English of `reworded`.
Sequences of two and more operations are held out and not among those of `solve.jsonl`; single operations are all known
to training, in other words. Tests come about as those of `solve.jsonl`. Training drops the programs (`freeze.keys`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from random import Random
from typing import Any

from models.dataset import freeze, records, reworded
from models.dataset.keys import program_key
from models.programs import chain, problems
from models.programs.chain import Step
from models.trace.limits import limit_child
from workers.pipeline.types import Io

SEED = 20_261_126
NAME = "reworded"
WANTED: dict[tuple[int, Io], int] = {
    (1, "function"): 8, (1, "stdio"): 7, (2, "function"): 17, (2, "stdio"): 18,
    (3, "function"): 15, (3, "stdio"): 15, (4, "function"): 10, (4, "stdio"): 10,
}  # fmt: skip
"""Number of operations and shape → problems."""


def rows() -> list[dict[str, Any]]:
    """The problems, the same each time."""
    rng = Random(SEED)
    keys, skeletons = set(freeze.keys(("predict", "solve"))), {row["skeleton"] for row in freeze.load("solve")}
    shapes = [shape for shape, count in WANTED.items() for _ in range(count)]
    rng.shuffle(shapes)  # so that the first so many are like the rest
    drawn = [_problem(length, io, rng, keys, skeletons) for length, io in shapes]
    return [{"id": f"{NAME}-{number}", **row} for number, row in enumerate(drawn, 1)]


def _problem(length: int, io: Io, rng: Random, keys: set[str], skeletons: set[str]) -> dict[str, Any]:
    """One problem of a shape whose program and operations are in no frozen set yet; both are noted."""
    for steps in _chains(length, io, rng):
        stated = reworded.state(steps, io, rng)
        code = records.layout(problems.program(stated, rng))
        name, key = chain.skeleton(steps), program_key(code)
        if name in skeletons or key in keys:
            continue
        if tests := freeze.tests(stated, code, rng):
            keys.add(key)
            skeletons.add(name)
            return freeze.posed(stated, code, tests)
    raise AssertionError("chains have no end")


def _chains(length: int, io: Io, rng: Random) -> Iterator[tuple[Step, ...]]:
    """Chains of exactly `length` operations from the held-out side, or any operation alone, without end."""
    while True:
        steps = chain.draw(rng, length)
        fits = len(steps) == length and (io == "function" or steps[0].op.src != "dict")
        if fits and chain.held_out(steps) == (length > 1):
            yield steps


def main() -> None:
    """Write the set; refuses where it exists, since what was trained and measured depends on it."""
    if (freeze.FOLDER / f"{NAME}.jsonl").exists():
        sys.exit(f"error: {NAME}.jsonl exists: frozen sets are made once")
    limit_child()
    freeze.write(NAME, rows())


if __name__ == "__main__":
    main()
