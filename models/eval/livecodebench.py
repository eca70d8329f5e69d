"""LiveCodeBench's JSON (its `code_generation_lite` fields) → problems on standard input.

Problems that are graded by calling a method are left out and counted, as in the paper's LCB-IO subset (arXiv
2604.03253, section 4). Private tests come as JSON, or as JSON that was pickled, compressed and written in base 64;
unpickling is restricted to plain text, so a file can bring no code. One row whose tests cannot be read, or that has
none to grade by, is counted too and stops nothing.
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
_UNPICKLING = (pickle.UnpicklingError, EOFError, AttributeError, IndexError, KeyError, TypeError, OverflowError)
"""What unpickling damaged bytes raises, besides ValueError (Python's documentation of `pickle` names no whole list)."""


class _Unreadable(Exception):
    """Tests that cannot be read; the text is the reason that is counted."""


def read(rows: Sequence[Row]) -> Read:
    """The problems of a file. Raises InputError for a row of another form."""
    out = Read()
    for number, row in enumerate(rows, 1):
        try:
            _add(row, out)
        except _Unreadable as reason:
            out.left_out[str(reason)] += 1
        except (KeyError, TypeError) as error:
            raise InputError(f"row {number} is not LiveCodeBench's: {error!r}") from error
    return out


def _add(row: Row, out: Read) -> None:
    """One row as a problem, or as one more that is left out."""
    public, private = _tests(row["public_test_cases"]), _tests(row["private_test_cases"])
    if any(test["testtype"] != "stdin" for test in (*public, *private)):
        out.left_out["graded by calling a method"] += 1
    elif not private:  # the shown tests are what programs are chosen by: graded on them, every choice would look right
        out.left_out["no hidden tests"] += 1
    else:
        shown, hidden = (tuple(IOTest(t["input"], t["output"]) for t in tests) for tests in (public, private))
        problem = Problem(row["question_content"], "stdio", None, shown, id=str(row["question_id"]))
        out.tasks.append(Task(problem, hidden))


def _tests(text: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not isinstance(text, str):
        return text
    plain = text if text.lstrip().startswith("[") else _unpickled(_unpacked(text))
    try:
        return list(json.loads(plain))
    except (ValueError, TypeError, RecursionError):
        raise _Unreadable("tests are no JSON list") from None


def _unpacked(text: str) -> bytes:
    packed = zlib.decompressobj()
    try:
        data = packed.decompress(base64.b64decode(text), MOST)
        more = packed.decompress(packed.unconsumed_tail, 1)
    except (binascii.Error, zlib.error, ValueError):  # ValueError: text beyond ASCII
        raise _Unreadable("tests cannot be unpacked") from None
    if more:
        raise _Unreadable(f"tests of more than {MOST >> 20} MiB")
    return data


def _unpickled(data: bytes) -> str:
    try:
        value = _Plain(io.BytesIO(data)).load()
    except (*_UNPICKLING, ValueError):
        raise _Unreadable("tests cannot be unpacked") from None
    if not isinstance(value, str):
        raise _Unreadable("tests are no text")
    return value


class _Plain(pickle.Unpickler):
    """Knows no class and no function."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed")
