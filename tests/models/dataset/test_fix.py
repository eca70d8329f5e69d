"""Wrong programs: some input of the row really tells them from the right one."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

import pytest

from models.dataset.draft import NEAR_MISS
from models.programs import mutants
from models.sandbox import Sandbox
from tests.models.dataset import posed


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


@pytest.mark.parametrize("style", ["tagged", "chat"])
def test_a_failing_input_tells_the_wrong_program_from_the_right_one(sandbox: Sandbox, style: str) -> None:
    told = Counter[str]()
    for row in posed.rows(style):
        wrong = row["task"] == "fix" or (row["task"] == "predict" and row["correct"] is False)
        names = ("wrong_program", "right_program", "slip", "failing_input")
        assert all((row[name] is not None) is wrong for name in names)
        if not wrong:
            continue
        (one,), (other,) = (
            posed.really(sandbox, row, row[name], [row["failing_input"]]) for name in ("right_program", "wrong_program")
        )
        assert (one.status, one.kind, one.output) != (other.status, other.kind, other.output)
        told[row["task"]] += 1
        told[row["slip"]] += 1
        if row["task"] == "fix":
            assert row["right_program"] == row["program"]
            assert row["failing_input"] in [t["input"] for t in row["tests"] if t["public"]]
        else:
            assert (row["wrong_program"], row["failing_input"]) == (row["program"], row["input"])
    assert min(told["fix"], told["predict"], told[NEAR_MISS]) > 5
    listed = [line.split("  ") for line in (mutants.__doc__ or "").splitlines() if line.startswith("    ")]
    assert set(told) - {"fix", "predict", NEAR_MISS} <= {parts[2].strip() for parts in listed}


def test_a_slip_lies_in_the_wrong_program_alone() -> None:
    """The shown program of a repair is the wrong one, or in a false alarm the right one."""
    for row in posed.rows("chat", "fix"):
        shown = row["program"] if row["correct"] else row["wrong_program"]
        assert f"```python\n{shown}\n```" in row["prompt"][1]["content"]
        assert ast.dump(ast.parse(row["wrong_program"])) != ast.dump(ast.parse(row["program"]))
