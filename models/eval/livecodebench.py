"""LiveCodeBench's JSON (its `code_generation_lite` fields) → problems on standard input.

Problems that are graded by calling a method are left out and counted, as in the paper's LCB-IO subset (arXiv
2604.03253, section 4). Private tests come as JSON, or as JSON that was pickled, compressed and written in base 64;
unpickling is restricted to plain text, so a file can bring no code.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import pickle
import zlib
from collections.abc import Sequence
from typing import Any, NoReturn

from models.eval.benchmarks import Read, Row, Task
from workers.pipeline.errors import InputError
from workers.pipeline.types import IOTest, Problem

MOST = 64 << 20
"""Bytes of one problem's private tests, unpacked."""


def read(rows: Sequence[Row]) -> Read:
    """The problems of a file. Raises InputError for a row of another form."""
    out = Read()
    for number, row in enumerate(rows, 1):
        try:
            public, private = _tests(row["public_test_cases"]), _tests(row["private_test_cases"])
            if any(test["testtype"] != "stdin" for test in (*public, *private)):
                out.left_out["graded by calling a method"] += 1
                continue
            shown, hidden = (tuple(IOTest(t["input"], t["output"]) for t in tests) for tests in (public, private))
            problem = Problem(row["question_content"], "stdio", None, shown, id=str(row["question_id"]))
            out.tasks.append(Task(problem, hidden or shown))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"row {number} is not LiveCodeBench's: {error!r}") from error
    return out


def _tests(text: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not isinstance(text, str):
        return text
    return list(json.loads(text if text.lstrip().startswith("[") else _unpacked(text)))


def _unpacked(text: str) -> str:
    try:
        packed = zlib.decompressobj()
        data = packed.decompress(base64.b64decode(text), MOST)
        value = _Plain(io.BytesIO(data)).load()
    except (binascii.Error, zlib.error, pickle.UnpicklingError, EOFError) as error:
        raise ValueError(f"private tests cannot be unpacked: {error}") from error
    if not isinstance(value, str):
        raise TypeError("private tests are no text")
    return value


class _Plain(pickle.Unpickler):
    """Knows no class and no function."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed")
