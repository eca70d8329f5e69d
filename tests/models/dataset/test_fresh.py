"""Fresh problems: like the frozen ones and harder ones, none of them frozen, the same at every call."""

from __future__ import annotations

from models.dataset import freeze, fresh
from models.dataset.keys import program_key
from models.sandbox import ExecStatus, Sandbox
from workers.pipeline.types import IOTest

FROZEN = ("solve", "reworded")


def test_unseen_functions_have_tests_that_are_true_and_come_again() -> None:
    rows = fresh.unseen(12, "test")
    assert rows == fresh.unseen(12, "test") != fresh.unseen(12, "another")
    for row in rows:
        tests = tuple(IOTest(**test) for test in row["private_tests"])
        assert 2 <= len({test.input for test in tests}) == len(tests) <= fresh.TESTS
        with Sandbox() as sandbox:
            results = sandbox.run_tests(row["reference_solution"], tests, row["io"], row["entry_point"])
        assert {result.status for result in results} == {ExecStatus.SUCCESS}


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
