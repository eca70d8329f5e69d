"""Random programs: each parses, is drawn in bounded time, and takes the input that is made for it."""

from __future__ import annotations

import ast
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from models.programs import functions
from models.trace.limits import deadline


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**64))
def test_every_program_parses_and_is_drawn_in_bounded_time(seed: int) -> None:
    with deadline(5.0):  # raises if the generator loops
        rng = Random(seed)
        drawn = functions.draw(rng)
        given_text = functions.arguments(drawn, rng)
    tree = ast.parse(drawn.code)
    if drawn.io == "stdio":
        assert drawn.entry_point is None
        assert len(given_text.splitlines()) == len(drawn.kinds)
    else:
        function = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == drawn.entry_point)
        call = ast.parse(f"f({given_text})", mode="eval").body
        assert isinstance(call, ast.Call)
        assert len(call.args) == len(function.args.args) == len(drawn.kinds)


def test_the_same_seed_draws_the_same_program() -> None:
    assert [functions.draw(Random(n)) for n in range(50)] == [functions.draw(Random(n)) for n in range(50)]


def test_constructs_that_simulation_must_know_are_all_drawn() -> None:
    rng = Random(0)
    nodes = {type(n) for _ in range(1500) for n in ast.walk(ast.parse(functions.draw(rng).code))}
    wanted = {ast.For, ast.While, ast.If, ast.Try, ast.ListComp, ast.DictComp, ast.Lambda, ast.Break, ast.Continue}
    assert wanted <= nodes
