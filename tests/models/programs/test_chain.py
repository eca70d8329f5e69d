"""Chains: the skeleton split keeps evaluation apart from training, and what is written computes what is composed."""

from __future__ import annotations

import ast
from itertools import pairwise
from random import Random

from models.dataset.records import draw_stated
from models.programs import chain


def test_the_sides_of_the_split_share_no_skeleton() -> None:
    rng = Random(1)
    kept, training = ({chain.skeleton(draw_stated(rng, side).steps) for _ in range(400)} for side in (True, False))
    assert len(kept) > 200
    assert kept.isdisjoint(training)


def test_the_side_depends_on_operations_alone() -> None:
    rng = Random(2)
    for _ in range(200):
        steps = chain.draw(rng)
        other = tuple(chain.pick(step.op, rng) for step in steps)
        assert chain.held_out(steps) == chain.held_out(other)


def test_about_a_tenth_of_long_chains_and_no_single_operation_is_held_out() -> None:
    rng = Random(3)
    drawn = [chain.draw(rng) for _ in range(4000)]
    long = [chain.held_out(steps) for steps in drawn if len(steps) > 1]
    assert 0.07 < sum(long) / len(long) < 0.13
    assert not any(chain.held_out(steps) for steps in drawn if len(steps) == 1)


def test_the_most_operations_are_those_asked_for() -> None:
    rng = Random(5)
    assert {len(chain.draw(rng)) for _ in range(300)} == {1, 2, 3}
    assert {len(chain.draw(rng, most=4)) for _ in range(300)} == {1, 2, 3, 4}
    for wording in ("plain", "rich"):
        assert {len(draw_stated(rng, wording=wording, most=4).steps) for _ in range(99)} == {1, 2, 3, 4}


def test_chains_are_well_typed() -> None:
    rng = Random(4)
    for _ in range(500):
        steps = chain.draw(rng)
        assert 1 <= len(steps) <= 3
        assert all(a.op.dst == b.op.src and a.op.name != b.op.name for a, b in pairwise(steps))


def test_written_chains_parse_and_bind_each_name_before_use() -> None:
    rng = Random(5)
    for _ in range(300):
        lines, value = chain.write(chain.draw(rng), "source", rng)
        tree = ast.parse("\n".join([*lines, value]))
        stored = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        assert "source" not in stored
