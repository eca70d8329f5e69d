"""Problem files: JSON in the vocabulary of `Problem`, read strictly.

One rule for other files: an object that holds `private_tests` is a benchmark record; its fields outside the vocabulary
are dropped, private tests and reference solution among them: the model must not see them. Everywhere else an unknown
field is an error. A function test's input may be the whole call, `f(1, k=2)`: it is reduced to its arguments.
Knows files and the vocabulary; nothing of models.
"""

from __future__ import annotations

import ast
import json
import math
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from workers.pipeline.errors import InputError
from workers.pipeline.syntax import parse
from workers.pipeline.types import IOTest, Problem
from workers.wire import LIMITS

_PROBLEM = TypeAdapter(Problem)


def load_text(path: Path) -> str:
    """A UTF-8 file. Raises `InputError` that names it."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start})") from error


def load_problem(path: Path, item: str | None = None) -> Problem:
    """The problem in a JSON file, or the one with id `item` in a JSON Lines file. Raises `InputError`."""
    text = load_text(path)
    try:
        if path.suffix != ".jsonl" and item is not None:
            raise InputError("--item chooses from a .jsonl file")
        return parse_problem(_choose(text, item) if path.suffix == ".jsonl" else _json(text))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def parse_problem(data: object) -> Problem:
    """A decoded JSON object as a Problem. Raises `InputError` that says which field is wrong and why."""
    if not isinstance(data, dict):
        raise InputError("a problem is a JSON object")
    data = _benchmark(data) if "private_tests" in data else data
    _closed(data, Problem, "")
    tests = data.get("public_tests", [])
    for number, test in enumerate(tests if isinstance(tests, list) else []):
        if isinstance(test, dict):
            _closed(test, IOTest, f"public_tests.{number}.")
    try:
        problem = _PROBLEM.validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}") from error
    return _checked(problem)


def check_text(text: str, where: str) -> None:
    """Refuse what no text file or request can hold. Raises `InputError`."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{where}: half a character (a lone surrogate) at position {error.start}") from error
    if "\0" in text:
        raise InputError(f"{where}: a NUL character")


def _json(text: str, where: str = "") -> object:
    try:
        return json.loads(text, object_pairs_hook=_no_repeats)
    except json.JSONDecodeError as error:
        place = where or f"line {error.lineno}, column {error.colno}"
        raise InputError(f"not JSON at {place}: {error.msg}") from error
    except RecursionError as error:
        raise InputError("JSON nested too deeply") from error
    except ValueError as error:  # an integer of thousands of digits
        raise InputError(f"not usable JSON: {error}") from error


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        repeated = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {repeated!r} is repeated")
    return values


def _choose(text: str, item: str | None) -> object:
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    records = [_json(line, f"line {number}") for number, line in lines]
    if item is None and len(records) == 1:
        return records[0]
    if item is None:
        raise InputError(f"holds {len(records)} problems: choose one with --item ID")
    for record in records:
        if isinstance(record, dict) and record.get("id") == item:
            return record
    raise InputError(f"no problem with id {item!r}")


def _closed(data: dict[str, Any], kind: type[Problem] | type[IOTest], prefix: str) -> None:
    known = [field.name for field in fields(kind)]
    for key in data:
        if key not in known:
            raise InputError(f"unknown field {prefix + str(key)!r}; known: {', '.join(known)}")


def _benchmark(data: dict[str, Any]) -> dict[str, Any]:
    """A benchmark record without what lies outside the vocabulary; its checker object becomes name and tolerance."""
    known = {field.name for field in fields(Problem)}
    kept = {key: value for key, value in data.items() if key in known}
    checker = kept.pop("checker", None)
    if isinstance(checker, dict):
        kept["checker"] = checker.get("type")
        if isinstance(tests := kept.get("public_tests"), list):
            tol = {"tol": checker.get("float_tol")}
            kept["public_tests"] = [tol | test if isinstance(test, dict) else test for test in tests]
    elif checker is not None:
        kept["checker"] = checker
    return kept


def _checked(problem: Problem) -> Problem:
    """What types cannot say: sizes, a statement, a name for functions, inputs that are argument lists."""
    if not problem.statement.strip():
        raise InputError("statement: empty")
    _bounded(problem)
    texts = {"statement": problem.statement, "starter_code": problem.starter_code or ""}
    for number, test in enumerate(problem.public_tests):
        texts |= {f"public_tests.{number}.input": test.input, f"public_tests.{number}.output": test.output or ""}
    for where, text in texts.items():
        check_text(text, where)
    if problem.io == "stdio":
        return problem
    if problem.entry_point is None or not problem.entry_point.isidentifier():
        raise InputError("entry_point: a function problem needs the name of the function to write")
    tests = tuple(
        replace(test, input=arguments(test.input, problem.entry_point, f"public_tests.{number}.input"))
        for number, test in enumerate(problem.public_tests)
    )
    return replace(problem, public_tests=tests)


def _bounded(problem: Problem) -> None:
    """The limits of the HTTP API, so that a problem which works here works there."""
    tests = problem.public_tests
    if len(tests) > LIMITS.tests:
        raise InputError(f"public_tests: {len(tests)} of them; {LIMITS.tests} at most")
    if len({test.input for test in tests}) < len(tests):
        raise InputError("public_tests: two tests have the same input")
    sizes = {"statement": (len(problem.statement), LIMITS.statement)}
    sizes["starter_code"] = len(problem.starter_code or ""), LIMITS.code
    for number, test in enumerate(tests):
        sizes[f"public_tests.{number}"] = max(len(test.input), len(test.output or "")), LIMITS.test_text
        if test.tol is not None and not 0 <= test.tol < math.inf:
            raise InputError(f"public_tests.{number}.tol: must be a number of 0 or more")
    for where, (size, most) in sizes.items():
        if size > most:
            raise InputError(f"{where}: {size} characters; {most} at most")


def arguments(text: str, entry_point: str, where: str) -> str:
    """`f(1, k=2)` → `1, k=2`; an argument list stays as it is. Raises `InputError` for anything else."""
    match parse(text.strip()):
        case ast.Module(body=[ast.Expr(value=ast.Call(func=ast.Name(id=name)))]) if name == entry_point:
            return text.strip()[len(name) :].strip()[1:-1].strip()
    match parse(f"f({text}\n)"):
        case ast.Module(body=[ast.Expr(value=ast.Call(func=ast.Name()))]):
            return text
    raise InputError(f"{where}: not a list of Python arguments")
