"""Fresh problems: like the frozen ones and harder ones, none of them frozen, the same at every call."""

from __future__ import annotations

from models.dataset import freeze, fresh
from models.dataset.keys import program_key

FROZEN = ("solve", "reworded")


def test_fresh_problems_are_short_and_long_by_turns_and_none_is_frozen() -> None:
    rows = fresh.problems(8, "test")
    lengths = [row["skeleton"].count(">") + 1 for row in rows]
    assert set(lengths[1::2]) == {4}
    assert all(1 < length < 4 for length in lengths[::2])
    assert {len(row["public_tests"]) for row in rows} == {freeze.PUBLIC}
    assert {len(row["private_tests"]) for row in rows} == {freeze.HIDDEN}
    skeletons = {row["skeleton"] for row in rows}
    assert len(skeletons) == len(rows)
    assert not skeletons & {row["skeleton"] for name in FROZEN for row in freeze.load(name)}
    assert not freeze.keys() & {program_key(row["reference_solution"]) for row in rows}
    assert rows == fresh.problems(8, "test")
    assert rows[0] != fresh.problems(1, "another")[0]
