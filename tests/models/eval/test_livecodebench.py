"""LiveCodeBench's rows: tests in their three spellings, and no way for a file to bring code."""

from __future__ import annotations

import base64
import json
import os
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest

from models.eval import livecodebench
from workers.pipeline.errors import InputError
from workers.pipeline.types import IOTest

TESTS = [{"input": "1\n", "output": "2\n", "testtype": "stdin"}]
METHOD = [{"input": "[1]", "output": "2", "testtype": "functional"}]


def packed(value: object) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode()


def row(private: Any) -> dict[str, Any]:
    return {"question_id": "abc_a", "question_content": "Add one.", "public_test_cases": json.dumps(TESTS),
            "private_test_cases": private}  # fmt: skip


@pytest.mark.parametrize("private", [TESTS, json.dumps(TESTS), packed(json.dumps(TESTS))])
def test_tests_are_read_in_every_spelling(private: Any) -> None:
    (task,) = livecodebench.read([row(private)]).tasks
    assert task.problem.public_tests == task.hidden == (IOTest("1\n", "2\n"),)
    assert (task.problem.id, task.problem.io, task.problem.statement) == ("abc_a", "stdio", "Add one.")


def test_problems_graded_by_a_method_are_counted() -> None:
    assert livecodebench.read([row(METHOD)]).left_out == {"graded by calling a method": 1}


class Attack:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("made-by-a-pickle",)


@pytest.mark.parametrize(
    ("private", "reason"),
    [
        (packed(Attack()), "tests cannot be unpacked"),
        (packed(7), "tests are no text"),
        ("????", "tests cannot be unpacked"),
        ("é", "tests cannot be unpacked"),
        (base64.b64encode(b"x").decode(), "tests cannot be unpacked"),
        (base64.b64encode(zlib.compress(b"K")).decode(), "tests cannot be unpacked"),
        (packed("?"), "tests are no JSON list"),
        (packed("7"), "tests are no JSON list"),
        ("[{", "tests are no JSON list"),
    ],
)
def test_a_row_that_cannot_be_read_is_counted_and_runs_nothing(
    private: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    read = livecodebench.read([row(TESTS), row(private), row(TESTS)])
    assert (len(read.tasks), read.left_out) == (2, {reason: 1})
    assert list(tmp_path.iterdir()) == []


def test_tests_over_the_limit_are_counted_and_those_at_it_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps(TESTS)
    monkeypatch.setattr(livecodebench, "MOST", len(pickle.dumps(text)))
    read = livecodebench.read([row(packed(text)), row(packed(text + " "))])
    assert (len(read.tasks), read.left_out) == (1, {"tests of more than 0 MiB": 1})


def test_a_problem_is_never_graded_on_the_tests_it_shows() -> None:
    read = livecodebench.read([row([]), row("[]")])
    assert (read.tasks, read.left_out) == ([], {"no hidden tests": 2})


@pytest.mark.parametrize("private", [7, [{"input": "1"}], None])
def test_a_row_of_another_form_is_an_error(private: Any) -> None:
    with pytest.raises(InputError, match="row 2"):
        livecodebench.read([row(TESTS), row(private)])
