"""Edge cases: of the problem's kind, in the form its programs read, and each shape of input has its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from random import Random

from models.programs import chain, edges, problems
from models.programs.problems import Stated
from models.trace.tracer import trace
from models.trace.types import TraceRejected
from workers.pipeline.compare import matches


def drawn() -> Iterator[tuple[Stated, tuple[str, ...], Random]]:
    rng = Random(11)
    for _ in range(250):
        stated = problems.state(chain.draw(rng), rng)
        yield stated, edges.inputs(stated, rng), rng


def test_each_kind_has_the_edge_cases_that_its_type_allows() -> None:
    seen: dict[str, set[object]] = {}
    for stated, inputs, _ in drawn():
        assert len(set(inputs)) == len(inputs) > 2
        if stated.io == "function":
            seen.setdefault(stated.form, set()).update(_shape(ast.literal_eval(given)) for given in inputs)
    for kind in ("ints", "words", "dict"):
        assert {0, 1} <= seen[kind]
    assert {0, 1, "negative"} <= seen["ints"]
    assert {0, 1} <= seen["str"]
    assert {"zero", "negative"} <= seen["int"]


def _shape(value: object) -> object:
    if isinstance(value, int):
        return "zero" if value == 0 else "negative" if value < 0 else "positive"
    if isinstance(value, list) and len(value) > 1 and all(isinstance(item, int) and item < 0 for item in value):
        return "negative"
    return len(value) if isinstance(value, list | str | dict) else None


def test_a_program_reads_every_edge_case_and_all_writings_agree_on_it() -> None:
    compared = 0
    for stated, inputs, rng in drawn():
        codes = [problems.program(stated, rng) for _ in range(2)]
        for given in inputs:
            try:
                one, other = (trace(code, stated.io, stated.entry_point, given) for code in codes)
            except TraceRejected:
                continue
            assert one.raised == other.raised, (stated.statement, given)
            assert one.raised not in ("EOFError", "TypeError")
            assert one.output == other.output or matches(other.output or "", one.output or "", stated.io)
            compared += one.output is not None
    assert compared > 800
