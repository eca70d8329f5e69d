"""About 400 programs, traced and told in every way: what each interpreter must reproduce to the byte.

`python -m tests.models.trace.many` prints, as JSON, for each origin the digest of every program's run, with plain
workings or those of the kind that is named. It needs the standard library alone, so any interpreter of the machine can
be asked.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from random import Random

from models.dataset import records
from models.narrative import compact, prose
from models.programs import broad, functions, probes, problems
from models.programs.source import Source
from models.trace.tracer import trace
from models.trace.types import TraceLimits, TraceRejected
from tests.models.trace.handwritten import FUNCTIONS, SCRIPTS

BUDGET = 12
"""Steps beyond which loops are folded."""
LIMITS = TraceLimits(seconds=60.0)
"""So that load on the machine decides nothing."""
Program = tuple[str, str, str | None, str]
"""Code, io, entry point and input."""


def _drawn(drawn: functions.Drawn, rng: Random) -> Program:
    return records.layout(drawn.code), drawn.io, drawn.entry_point, functions.arguments(drawn, rng)


def _source(source: Source) -> Program:
    return source.code, source.io, source.entry_point, source.inputs[0]


def _composed(rng: Random) -> Program:
    stated = records.draw_stated(rng)
    code = records.layout(problems.program(stated, rng))
    return code, stated.io, stated.entry_point, problems.arguments(stated, rng)


GENERATORS: dict[str, tuple[int, Callable[[Random], Program]]] = {
    "drill": (40, lambda rng: _drawn(functions.drill(rng), rng)),
    "probe": (50, lambda rng: _source(probes.draw(rng))),
    "random": (80, lambda rng: _drawn(functions.draw(rng), rng)),
    "broad": (100, lambda rng: _source(broad.draw(rng))),
    "composed": (70, _composed),
}
"""How many programs of each kind, and how one is drawn."""


def programs() -> Iterator[tuple[str, Program]]:
    """Each with where it comes from; a change of one generator changes no other one's programs."""
    yield from (("hand", (code, "function", "f", given)) for code, given in FUNCTIONS)
    yield from (("hand", (code, "stdio", None, given)) for code, given in SCRIPTS)
    for origin, (count, draw) in GENERATORS.items():
        rng = Random(f"many:{origin}")
        yield from ((origin, draw(rng)) for _ in range(count))


def told(program: Program, workings: str = "plain") -> str:
    """Program, run and narratives as one text; or why the run cannot be told."""
    code, io, entry_point, given = program
    try:
        run = trace(code, io, entry_point, given, LIMITS, workings=workings)
    except TraceRejected as reason:
        return f"{program}\n{reason}"
    texts = [compact.narrate(code, run), compact.narrate(code, run, BUDGET)]
    texts += [prose.narrate(code, run, io, seed) for seed in range(2)]
    return "\n".join([str(program), str(run), *texts])


def digests(workings: str = "plain") -> dict[str, list[str]]:
    """Origin → a digest of what is told of each of its programs."""
    out: dict[str, list[str]] = {}
    for origin, program in programs():
        out.setdefault(origin, []).append(hashlib.sha256(told(program, workings).encode()).hexdigest()[:16])
    return out


def summed(found: dict[str, list[str]]) -> dict[str, str]:
    """Origin → one digest over all of its programs."""
    return {origin: hashlib.sha256("".join(each).encode()).hexdigest()[:16] for origin, each in found.items()}


if __name__ == "__main__":
    print(json.dumps(digests(*sys.argv[1:])))
