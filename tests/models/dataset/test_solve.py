"""Solve rows: solutions that are distinct and right, tests that hold, hidden ones that stay hidden."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from models.dataset import part
from models.dataset.keys import program_key
from models.sandbox import ExecStatus, Sandbox
from tests.models.dataset import posed
from workers.pipeline import compare


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


def test_the_answer_passes_every_test_of_its_row_in_the_sandbox(sandbox: Sandbox) -> None:
    for row in posed.rows("chat", "solve", "fix"):
        ran = posed.really(sandbox, row, row["program"], [test["input"] for test in row["tests"]])
        for result, test in zip(ran, row["tests"], strict=True):
            assert result.status is ExecStatus.SUCCESS
            assert compare.matches(result.output, test["output"], row["io"]), (row["statement"], test)


def test_a_row_has_the_tests_that_were_asked_for_with_edge_cases_among_the_hidden_ones() -> None:
    edge = Counter[bool]()
    for row in posed.rows("chat", "solve"):
        kinds = Counter(test["public"] for test in row["tests"])
        assert (kinds[True], kinds[False]) == (2, 6)
        assert len({test["input"] for test in row["tests"]}) == 8
        assert not any(test["edge"] for test in row["tests"] if test["public"])
        hidden = [test for test in row["tests"] if not test["public"]]
        assert len({compare.key(test["output"], row["io"]) for test in hidden}) > 1
        edge[any(test["edge"] for test in hidden)] += 1
    assert edge[True] > 9 * edge[False]
    inputs = {test["input"] for row in posed.rows("chat", "solve") for test in row["tests"] if test["edge"]}
    assert inputs & {"[]", "''", "\n", "0\n\n", "0\n"}
    assert any(given.startswith("-") or "[-" in given for given in inputs)


def test_public_tests_stand_in_the_chat_prompt_and_hidden_ones_in_none() -> None:
    for row in posed.rows("chat", "solve", "fix"):
        prompt = row["prompt"][1]["content"]
        shown = [posed.shown(row, test["input"]) in prompt for test in row["tests"] if test["public"]]
        assert all(shown) if row["task"] == "solve" else any(shown)
        assert not any(posed.shown(row, test["input"]) in prompt for test in row["tests"] if not test["public"])
    for row in posed.rows("tagged", "solve"):
        assert "<|input|>" not in row["prompt"]
        assert row["tests"]


def test_solutions_of_one_problem_are_distinct_and_share_prompt_group_split_and_tests() -> None:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in posed.rows("chat", "solve"):
        found[row["prompt"][1]["content"]].append(row)
    counts = Counter(len(group) for group in found.values())
    assert counts.keys() <= {1, 2, 3, 4}
    assert counts[3] + counts[4] > len(found) / 3
    for group in found.values():
        assert len({program_key(row["program"]) for row in group}) == len(group)
        for name in ("statement", "group", "split"):
            assert len({row[name] for row in group}) == 1
        assert all(row["tests"] == group[0]["tests"] for row in group)


def test_what_is_missing_of_the_wanted_solutions_is_counted() -> None:
    found, dropped = posed.made("chat")
    solved = [row for row in found if row["task"] == "solve"]
    problems = {row["prompt"][1]["content"] for row in solved}
    missing = dropped["composed", part.TOO_FEW]
    # the part may end within the solutions of a problem
    assert missing > 0
    assert 0 <= posed.SOURCE.solutions * len(problems) - len(solved) - missing < posed.SOURCE.solutions
