"""Probes: they run, use all their operations, and mostly succeed on arguments that fit."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from random import Random

from models.narrative.compact import narrate
from models.programs import probes
from models.programs.probes import OPERATIONS
from models.programs.source import Source
from models.trace.tracer import trace
from models.trace.types import Trace, TraceRejected


@cache
def runs() -> tuple[tuple[Source, Trace], ...]:
    rng, out = Random("probes"), []
    while len(out) < 1500:
        source = probes.draw(rng)
        try:
            out.append((source, trace(source.code, source.io, source.entry_point, source.inputs[0])))
        except TraceRejected:
            continue
    return tuple(out)


def test_the_same_seed_draws_the_same_probe() -> None:
    assert [probes.draw(Random(s)) for s in range(50)] == [probes.draw(Random(s)) for s in range(50)]


def test_most_succeed_none_is_without_its_names_and_all_end() -> None:
    ends = Counter(run.raised or ("endless" if run.endless else "returned") for _, run in runs())
    assert ends["returned"] > 0.9 * len(runs())
    assert not {"NameError", "UnboundLocalError", "SyntaxError", "AttributeError", "endless"} & set(ends)


def test_every_operation_is_drawn_and_they_are_valid() -> None:
    for kind in OPERATIONS.values():
        for statement in (*kind.straight, *kind.rounds):
            ast.parse(statement)
    drawn = {probes.draw(Random(s)).group for s in range(4000)}
    told = "\n".join(drawn)
    missing = [s for kind in OPERATIONS.values() for s in kind.straight if s.removeprefix("r = ") not in told]
    assert not missing


def test_names_do_not_collide_with_each_other_or_the_builtins_in_use() -> None:
    for source, _ in runs():
        function = ast.parse(source.code).body[0]
        assert isinstance(function, ast.FunctionDef)
        params = [a.arg for a in function.args.args]
        assert len(set(params)) == len(params)
        assert not {"list", "len", "sorted", "set", "str"} & set(params)


def test_they_are_short_to_tell() -> None:
    lengths = sorted(len(narrate(source.code, run)) for source, run in runs())
    assert lengths[len(lengths) // 2] < 250
