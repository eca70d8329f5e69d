"""Benchmark rows become what is evaluated; what cannot be used is counted, what is malformed is an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.eval import benchmarks, suites
from workers.pipeline.errors import InputError
from workers.pipeline.types import IOTest

ROW: dict[str, Any] = {
    "id": "X/1", "statement": "Add.", "entry_point": "add", "io": "function",
    "reference_solution": "def add(a, b): ...",
    "public_tests": [{"input": "add(1, b=2)", "output": "3"}],
    "private_tests": [{"input": "add(1.5, 2)", "output": "3.5", "tol": 1e-6}],
}  # fmt: skip


def test_a_common_row_is_a_problem_with_argument_lists() -> None:
    (task,) = benchmarks.read([ROW]).tasks
    assert task.problem.public_tests == (IOTest("1, b=2", "3"),)
    assert task.hidden == (IOTest("1.5, 2", "3.5", 1e-6),)
    assert task.reference == ROW["reference_solution"]


def test_a_contest_row_keeps_texts_and_its_way_of_comparing() -> None:
    tests = [{"input": "add(1)\n", "output": "2\n"}]
    contest = {"io": "stdio", "entry_point": None, "public_tests": tests, "private_tests": tests}
    (task,) = benchmarks.read([{**ROW, **contest, "checker": {"type": "tokens", "float_tol": 1e-5}}]).tasks
    assert task.hidden == (IOTest("add(1)\n", "2\n", 1e-5),)
    assert (task.problem.io, task.problem.checker) == ("stdio", "tokens")


@pytest.mark.parametrize(
    ("checker", "folds"),
    [
        ({"type": "tokens", "case_sensitive": False}, True),
        ({"type": "tokens", "case_sensitive": True}, False),
        ({"type": "tokens"}, False),
        (None, False),
    ],
)
def test_case_counts_unless_the_row_says_that_it_does_not(checker: dict[str, Any] | None, folds: bool) -> None:
    (task,) = benchmarks.read([{**ROW, "checker": checker}]).tasks
    assert task.folds is folds


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("f(1, [2, 3], k='a')", "1, [2, 3], k='a'"),
        ("f()", ""),
        ("f(*[1], **{'a': 2})", "*[1], **{'a': 2}"),
        ("1, 2", "1, 2"),
        ("g(1)", "g(1)"),
        ("f(1).real", "f(1).real"),
        ("no python (", "no python ("),
    ],
)
def test_only_a_call_of_the_function_itself_is_taken_apart(text: str, arguments: str) -> None:
    assert benchmarks.arguments(text, "f") == arguments


def test_a_pair_has_a_right_and_a_wrong_program() -> None:
    row = {"id": 7, "statement": "s", "entry_point": "f", "buggy_code": "bad", "fixed_code": "good",
           "tests": [{"input": "f(1)", "output": "2"}]}  # fmt: skip
    read = benchmarks.read([row, {**row, "wrap": "list"}, {**row, "tests": []}])
    assert [(p.id, p.right, p.wrong, p.tests) for p in read.pairs] == [("7", "good", "bad", (IOTest("1", "2"),))]
    assert sum(read.left_out.values()) == 2


@pytest.mark.parametrize("row", [{}, {"io": "function"}, {**ROW, "private_tests": 3}, {"buggy_code": 1}])
def test_a_row_of_another_form_is_an_error(row: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="row 1 is not of a known form"):
        benchmarks.read([row])


def test_unusable_rows_are_counted() -> None:
    read = benchmarks.read([{**ROW, "entry_point": None}, {**ROW, "private_tests": []}])
    assert dict(read.left_out) == {"no entry point": 1, "no hidden tests": 1}


@pytest.mark.parametrize("suite", ["problems", "reworded"])
def test_hidden_tests_and_solutions_stay_out_of_the_problem(suite: str) -> None:
    read = benchmarks.read(suites.rows(suite, None))
    assert suites.SUITES[suite].kind == "solve"
    assert not read.left_out
    for task in read.tasks:
        assert (len(task.problem.public_tests), len(task.hidden)) == (3, 8)
        assert task.reference not in repr(task.problem)


@pytest.mark.parametrize("text", ["not json", "[1, 2]", '{"a": 1}\n[]'])
def test_a_file_that_holds_no_rows_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "rows.jsonl").write_text(text)
    with pytest.raises(InputError, match=r"rows\.jsonl"):
        benchmarks.lines(tmp_path / "rows.jsonl")


def test_a_line_ends_where_json_lines_says_it_does(tmp_path: Path) -> None:
    rows = [{"a": "one\u2028line\x85still"}, {"a": "two"}]  # str.splitlines would end lines there
    (tmp_path / "rows.jsonl").write_text("\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    assert benchmarks.lines(tmp_path / "rows.jsonl") == rows


def test_suites_find_their_file_whatever_half_it_holds(tmp_path: Path) -> None:
    (tmp_path / "mbpp_common_some.jsonl").write_text(json.dumps(ROW))
    assert suites.rows("mbpp", tmp_path) == suites.rows("mbpp", tmp_path / "mbpp_common_some.jsonl") == [ROW]
    assert suites.available(tmp_path) == ["programs", "problems", "reworded", "mbpp", "mbpp-mutants"]
    assert suites.available(tmp_path / "mbpp_common_some.jsonl") == suites.available(tmp_path)
    assert suites.available(None) == ["programs", "problems", "reworded"]
    (tmp_path / "mbpp_common_more.jsonl").touch()
    with pytest.raises(InputError, match="more than one file"):
        suites.rows("mbpp", tmp_path)
    assert "mbpp" in suites.available(tmp_path)  # so that the error is seen
    with pytest.raises(InputError, match="no such file"):
        suites.available(tmp_path / "nowhere")
