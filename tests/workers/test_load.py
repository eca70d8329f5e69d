"""Problem files: what is read, and that every fault is named in one line."""

import json
import math
from pathlib import Path

import pytest

from workers.load import load_problem, load_text, parse_problem
from workers.pipeline.errors import InputError
from workers.pipeline.types import IOTest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ADD = {"statement": "Add.", "entry_point": "add", "public_tests": [{"input": "1, b=2", "output": "3"}]}


def test_a_problem_in_the_vocabulary_is_read_as_it_is() -> None:
    problem = parse_problem({**ADD, "id": "add", "starter_code": "def add(a, b):"})
    assert (problem.id, problem.entry_point, problem.starter_code) == ("add", "add", "def add(a, b):")
    assert problem.public_tests == (IOTest("1, b=2", "3"),)


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("add(1, b=2)", "1, b=2"),
        (" add ( [1, ')'], 2 ) ", "[1, ')'], 2"),
        ("add()", ""),
        ("1, 2", "1, 2"),
        ("", ""),
        ("'add(1)'", "'add(1)'"),
    ],
)
def test_a_call_expression_is_reduced_to_its_arguments(call: str, arguments: str) -> None:
    problem = parse_problem({**ADD, "public_tests": [{"input": call}]})
    assert problem.public_tests[0].input == arguments


def test_a_benchmark_record_loses_what_the_model_must_not_see() -> None:
    record = {**ADD, "private_tests": [{"input": "add(4, 5)", "output": "9"}], "reference_solution": "…", "source": "x"}
    problem = parse_problem({**record, "checker": {"type": "tokens", "float_tol": 1e-6}})
    assert problem.checker == "tokens"
    assert problem.public_tests == (IOTest("1, b=2", "3", tol=1e-6),)
    assert "9" not in repr(problem)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "a problem is a JSON object"),
        ({**ADD, "tests": []}, "unknown field 'tests'; known: statement"),
        ({**ADD, "public_tests": [{"input": "1", "expect": "1"}]}, "unknown field 'public_tests.0.expect'"),
        ({**ADD, "public_tests": [{"input": 1}]}, "public_tests.0.input: input should be a valid string"),
        ({**ADD, "public_tests": 5}, "public_tests:"),
        ({**ADD, "public_tests": [5]}, "public_tests.0:"),
        ({**ADD, "private_tests": [], "checker": {"type": "custom"}}, "checker:"),
        ({**ADD, "private_tests": [], "checker": {"type": "tokens"}, "public_tests": [5]}, "public_tests.0:"),
        ({**ADD, "private_tests": [], "checker": {"type": "tokens"}, "public_tests": 5}, "public_tests:"),
        ({**ADD, "io": "socket"}, "io: input should be 'function' or 'stdio'"),
        ({**ADD, "statement": " \n"}, "statement: empty"),
        ({"entry_point": "f"}, "statement:"),
        ({"statement": "Add."}, "entry_point: a function problem needs"),
        ({**ADD, "entry_point": "a b"}, "entry_point: a function problem needs"),
        ({**ADD, "public_tests": [{"input": "1)"}]}, "public_tests.0.input: not a list of Python arguments"),
        ({**ADD, "public_tests": [{"input": "1) + f(2"}]}, "public_tests.0.input: not a list of Python arguments"),
        ({**ADD, "public_tests": [{"input": "[" * 5000}]}, "public_tests.0.input: not a list of Python arguments"),
        ({**ADD, "public_tests": [{"input": str(n)} for n in range(1000)]}, "public_tests: 1000 of them; 100 at most"),
        ({**ADD, "public_tests": [{"input": "1"}, {"input": "1"}]}, "public_tests: two tests have the same input"),
        ({**ADD, "public_tests": [{"input": "1", "tol": -1}]}, "public_tests.0.tol: must be a number of 0 or more"),
        ({**ADD, "public_tests": [{"input": "1", "tol": math.nan}]}, "public_tests.0.tol: must be a number"),
        ({**ADD, "public_tests": [{"input": "'" + "x" * 30_000 + "'"}]}, "public_tests.0: 30002 characters; 20000"),
        ({**ADD, "statement": "x" * 30_000}, "statement: 30000 characters; 20000 at most"),
    ],
)
def test_a_fault_is_named_with_its_place(data: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_problem(data)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_line_of_json_lines_is_chosen_by_id(tmp_path: Path) -> None:
    path = tmp_path / "problems.jsonl"
    path.write_text("\n".join(json.dumps({**ADD, "id": name}) for name in ("a", "b")) + "\n\n")
    assert load_problem(path, "b").id == "b"
    with pytest.raises(InputError, match="holds 2 problems: choose one with --item"):
        load_problem(path)
    with pytest.raises(InputError, match="no problem with id 'c'"):
        load_problem(path, "c")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"statement": "x",\n}', "not JSON at line 2, column 1"),
        (b"", "not JSON at line 1, column 1"),
        (b"\xff\xfe", "not UTF-8 text (byte 0)"),
        (b"[" * 100_000, "JSON nested too deeply"),
    ],
)
def test_an_unreadable_file_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_problem(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_text(tmp_path / "none.json")
    with pytest.raises(InputError, match="is a directory"):
        load_text(tmp_path)


def test_a_repeated_key_and_a_choice_where_there_is_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text('{"statement": "Add.", "statement": "Subtract.", "io": "stdio"}')
    with pytest.raises(InputError, match=r"p\.json: not usable JSON: the key 'statement' is repeated"):
        load_problem(path)
    path.write_text('{"statement": "Add.", "io": "stdio"}')
    with pytest.raises(InputError, match="--item chooses"):
        load_problem(path, "a")


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.name)
def test_every_example_is_a_problem_whose_tests_have_answers(path: Path) -> None:
    problem = load_problem(path)
    assert problem.id == path.stem
    assert problem.public_tests
    assert all(test.output is not None for test in problem.public_tests)
