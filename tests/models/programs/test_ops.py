"""Every operation's code templates say the same: whichever one a program is written with, it computes the same."""

from __future__ import annotations

import ast
from random import Random

import pytest

from models.programs import chain, values
from models.programs.ops import OPS, Op
from models.trace.tracer import trace

INPUTS = 8


def program(step: chain.Step, template: str) -> str:
    names = {"v": "source", "o": "target", "x": "item", "i": "index"}
    if template.startswith("= "):
        return f"def f(source):\n    return {step.fill(template[2:], **names)}"
    lines = step.fill(template, **names).split("\n")
    return "\n".join(["def f(source):", *("    " + line for line in lines), "    return target"])


def behaviour(code: str, given: str) -> str:
    run = trace(code, "function", "f", given)
    return run.output if run.output is not None else f"raises {run.raised}"


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_all_templates_of_an_operation_agree(op: Op) -> None:
    rng = Random(op.name)
    for _ in range(INPUTS):
        step = chain.pick(op, rng)
        given = repr(values.value(op.src, rng))
        found = {behaviour(program(step, template), given) for template in op.code}
        assert len(found) == 1, (step, given, found)


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_a_result_has_the_kind_that_the_operation_promises(op: Op) -> None:
    rng = Random(op.name)
    kinds = {"ints": list, "words": list, "str": str, "int": int, "bool": bool, "dict": dict}
    outputs = []
    for _ in range(INPUTS):
        code = program(chain.pick(op, rng), rng.choice(op.code))
        output = trace(code, "function", "f", repr(values.value(op.src, rng))).output
        outputs += [] if output is None else [ast.literal_eval(output)]
    assert outputs
    assert {type(value) for value in outputs} == {kinds[op.dst]}
    elements = [item for value in outputs if isinstance(value, list) for item in value]
    assert all(type(item) is (int if op.dst == "ints" else str) for item in elements)


def test_names_are_unique_and_every_phrase_can_be_filled() -> None:
    assert len({op.name for op in OPS}) == len(OPS)
    for op in OPS:
        assert op.phrases
        for phrase in op.phrases:
            assert "$" not in chain.pick(op, Random(0)).fill(phrase)
