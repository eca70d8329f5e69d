"""LiveCodeBench's rows: tests in their three spellings, and no way for a file to bring code."""

from __future__ import annotations

import base64
import json
import os
import pickle
import zlib
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


@pytest.mark.parametrize("private", [packed(Attack()), packed(7), "????", base64.b64encode(b"x").decode(), packed("?")])
def test_what_is_no_text_is_refused_and_runs_nothing(
    private: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="row 1"):
        livecodebench.read([row(private)])
    assert list(tmp_path.iterdir()) == []
