"""Corpora: every row is a program or a counted reason, in every form a corpus may have."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.dataset.keys import program_key
from models.narrative import compact, prose
from models.programs import corpus, fuzz
from models.programs.alone import FOREIGN, OUTSIDE
from models.programs.source import Rejected, Source
from models.trace.tracer import trace
from models.trace.types import TraceLimits
from workers.pipeline.errors import InputError

ROWS: list[dict[str, Any]] = [
    {"id": "a", "inputs": ["3", "4"],
     "code": "def helper(x):\n    return x\n\ndef f(x):  # doubles\n    return helper(x) * 2"},
    {"id": "b", "code": "print(int(input()) + 1)", "inputs": ["1\n"]},
    {"id": "c", "reference_solution": "def g(a):\n    return a\n\ndef h(a):\n    return g(a)", "entry_point": "g",
     "tests": [{"input": "[1]", "output": "[1]"}], "statement": "The same."},
]  # fmt: skip


def codes(found: list[Source | Rejected]) -> list[tuple[str, tuple[str, ...], str | None]]:
    assert all(isinstance(row, Source) for row in found)
    return [(row.io, row.inputs, row.entry_point) for row in found if isinstance(row, Source)]


EXPECTED = [("function", ("3", "4"), "f"), ("stdio", ("1\n",), None), ("function", ("[1]",), "g")]


def test_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)))
    found = corpus.read(str(path))
    assert codes(found) == EXPECTED
    first, _, third = found
    assert isinstance(first, Source) and isinstance(third, Source)
    assert "#" not in first.code
    assert (third.statement, third.group) == ("The same.", "c")
    assert third.code.endswith("def g(a):\n    return a")  # the function to call comes last


def test_parquet(tmp_path: Path) -> None:
    rows = [{name: row.get(name) for name in ("id", "code", "inputs", "reference_solution", "tests", "entry_point")}
            for row in ROWS]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet")
    assert codes(corpus.read(str(tmp_path / "rows.parquet"))) == EXPECTED


def test_a_data_set_folder_offline(tmp_path: Path) -> None:
    rows = [{"id": row["id"], "code": row.get("code") or row["reference_solution"],
             "inputs": row.get("inputs") or ["[1]"], "entry_point": row.get("entry_point")}
            for row in ROWS]  # fmt: skip
    datasets.Dataset.from_list(rows).save_to_disk(tmp_path / "plain")
    assert codes(corpus.read(str(tmp_path / "plain"))) == EXPECTED
    datasets.DatasetDict({"more": datasets.Dataset.from_list(rows)}).save_to_disk(tmp_path / "splits")
    assert codes(corpus.read(str(tmp_path / "splits"), "more")) == EXPECTED
    with pytest.raises(InputError, match="splits"):
        corpus.read(str(tmp_path / "splits"), "train")


@pytest.mark.parametrize("name", ["none.jsonl", "none.parquet", "no/such-data-set"])
def test_what_cannot_be_read_at_all_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=name):
        corpus.read(name)


def test_a_damaged_parquet_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(InputError, match=r"bad\.parquet"):
        corpus.read(str(tmp_path / "bad.parquet"))


TOO_DEEP_TO_PARSE = [
    "def f(x): return " + "(" * 1500 + "x" + ")" * 1500,
    "def f(x): return " + "-" * 3500 + "x",
]
TOO_DEEP = [
    "x = input()\nif x: pass\n" + "elif x: pass\n" * 250,
    "x = input()\nprint(" + "+".join("x" * 500) + ")",
    "def f(x): return x" + "[0]" * 300,
]
UNKNOWN_FORMS: list[tuple[dict[str, Any], str]] = [
    ({"inputs": [1]}, "inputs of an unknown form"),
    ({"inputs": [["1"]]}, "inputs of an unknown form"),
    ({"inputs": 5}, "inputs of an unknown form"),
    ({"inputs": [None]}, "inputs of an unknown form"),
    ({"entry_point": ["f"]}, "entry_point of an unknown form"),
    ({"io": []}, "io of an unknown form"),
    ({"id": True}, "id of an unknown form"),
    ({"group": {"a": 1}}, "group of an unknown form"),
    ({"statement": [1]}, "statement of an unknown form"),
    ({"inputs": ["1" * 200_000]}, "giant input"),
    ({"statement": "y" * 200_000}, "giant statement"),
    ({"statement": "\ud800"}, "text that cannot be encoded"),
]


def test_broken_rows_are_reasons(tmp_path: Path) -> None:
    bad: list[tuple[bytes, str]] = [
        (b"{", "no JSON object"),
        (b"[1, 2]", "no JSON object"),
        (bytes(range(128, 200)), "no JSON object"),
        (b"[" * 100_000, "no JSON object"),
        (b'{"code": 3}', "no program text"),
        (b'{"inputs": ["1"]}', "no program text"),
        (json.dumps({"code": "x = '\0'"}).encode(), "a NUL in the text"),
        (json.dumps({"code": "print(input())", "inputs": ["\0"]}).encode(), "a NUL in the text"),
        (b"\0\0", "no JSON object"),
        (b"   ", "empty line"),
        (b'{"code": "def f(x): return x", "code": "def f(x): return 1"}', "a field twice"),
        (b'{"code": "def f(x): return x", "tests": [{"input": "1", "input": "2"}]}', "inputs of an unknown form"),
        (b'{"code": NaN}', "no program text"),
        (b'{"code": 1' + b"0" * 5000 + b"}", "no JSON object"),
        (b'{"code": "def f(x): return \'\xff\'"}', "no JSON object"),
        (b'{"code": "def f(x): return \'\\ud800\'"}', "does not parse"),
        (b'{"code": "def f(x): return x", "inputs": ' + b"[" * 900 + b"]" * 900 + b"}", "inputs of an unknown form"),
        (json.dumps({"code": "x = 1\n" * 10_000}).encode(), "giant program"),
        (b'{"code": "def f(:"}', "does not parse"),
        (b'{"code": "import os", "inputs": ["1"]}', "no function to call"),
        (b'{"code": "def f(): pass", "entry_point": "g"}', "no function to call"),
        (b'{"code": "class S:\\n    def twice(self, x): return x", "entry_point": "S().twice"}', "no function to call"),
        (b'{"code": "def f(*, x): return x"}', "no input can be guessed"),
        (b'{"code": "print(1)", "io": "socket"}', "unknown io"),
        *((json.dumps({"code": text}).encode(), "does not parse") for text in TOO_DEEP_TO_PARSE),
        *((json.dumps({"code": text}).encode(), "nested too deep") for text in TOO_DEEP),
        *((json.dumps({"code": "def f(x): return x", **more}).encode(), reason) for more, reason in UNKNOWN_FORMS),
    ]
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join(line for line, _ in bad))
    found = corpus.read(str(path))
    assert [row.reason for row in found if isinstance(row, Rejected)] == [reason for _, reason in bad]
    places = {row.where for row in found if isinstance(row, Rejected)}
    assert places == {f"rows.jsonl:{n}" for n in range(1, len(bad) + 1)}


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["input", "output", "x"]), inner),
    max_leaves=6,
)
FIELDS = ("code", "inputs", "tests", "input", "entry_point", "io", "statement", "id", "group", "reference_solution")


@given(st.dictionaries(st.sampled_from(FIELDS), JUNK), st.booleans())
def test_whatever_a_row_holds_it_is_a_program_or_a_reason(row: dict[str, Any], program: bool) -> None:
    found = corpus.source({**row, "code": "def f(x):\n    return x"} if program else row, "here")
    if isinstance(found, Source):
        for text in (found.code, found.group, found.statement, *found.inputs):
            text.encode()
    else:
        assert found.reason and found.where == "here"


def test_the_deepest_program_that_is_taken_can_be_laid_out_keyed_run_and_told() -> None:
    """Whatever walks it by recursion has room to."""
    deep = ["def f(x):\n    if x == 0: return 0\n" + "".join(f"    elif x == {n}: return {n}\n" for n in range(1, 94)),
            "def f(x):\n    return " + "+".join("x" * 95),
            "def f(x):\n    return " + "(lambda: " * 45 + "x" + ")()" * 45]  # fmt: skip
    for code in deep:
        found = corpus.source({"code": code, "inputs": ["90"]}, "here")
        assert isinstance(found, Source), found
        assert program_key(found.code)
        seen = trace(found.code, "function", "f", "90", TraceLimits(seconds=20.0))
        assert compact.narrate(found.code, seen) and prose.narrate(found.code, seen, "function")


def test_a_program_that_reads_nothing_needs_no_input() -> None:
    found = corpus.source({"code": "print(1)"}, "here")
    assert isinstance(found, Source) and (found.io, found.inputs) == ("stdio", ())
    assert list(fuzz.guesses(found, Random(1), 6)) == [""]


def test_a_long_id_is_a_hash_and_a_number_a_text() -> None:
    row = {"code": "def f(x): return x"}
    found = [corpus.source({**row, "id": name}, "here") for name in ("x" * 10_000, 7, "short", "", None)]
    groups = [source.group for source in found if isinstance(source, Source)]
    assert len(groups[0]) < 40 and groups[1:3] == ["7", "short"]
    assert groups[3] == groups[4] == groups[3].strip()


def test_parquet_values_that_cannot_be_read_are_reasons(tmp_path: Path) -> None:
    code, path = b"def f(x): return x", tmp_path / "rows.parquet"
    offsets = pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, 18, 20)))
    texts = pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(code + b"\xff\xfe")])
    pq.write_table(pa.table({"code": texts, "other": pa.array([2**62] * 2, pa.duration("s"))}), path)
    found = corpus.read(str(path))
    assert isinstance(found[0], Source)
    assert found[1:] == [Rejected("a value that cannot be read", "rows.parquet:2")]
    twice = pa.Table.from_arrays([pa.array(["x"]), pa.array(["y"])], names=["code", "code"])
    pq.write_table(twice, path)
    with pytest.raises(InputError, match="twice"):
        corpus.read(str(path))


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ('{"data":\n [1,\n 2]}', ["no program text"]),
        ('{"code": "def f(x): return x"}', []),
        ('[{"code": "x", "code": "y"}, {"code": "def f(x): return x"}]', ["a field twice"]),
        ("[{", ["no JSON object"]),
        ("[]", []),
    ],
)
def test_a_json_file_of_another_form(tmp_path: Path, text: str, reasons: list[str]) -> None:
    (tmp_path / "rows.json").write_text(text)
    found = corpus.read(str(tmp_path / "rows.json"))
    assert [row.reason for row in found if isinstance(row, Rejected)] == reasons


def test_a_json_file_may_be_one_array(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps([*ROWS, 3]))
    found = corpus.read(str(tmp_path / "rows.json"))
    assert codes(found[:3]) == EXPECTED
    assert found[3] == Rejected("no JSON object", "rows.json:4")


def taken(body: str) -> Source | Rejected:
    return corpus.source({"code": f"def f(x):\n    {body}\n    return x", "inputs": ["1"]}, "here")


@pytest.mark.parametrize(
    "line",
    [
        "import time; x = time.localtime().tm_mon",
        "import os; x = os.cpu_count()",
        "import os; x = os.listdir('/')",
        "import os.path",
        "import numpy",
        "from numpy import array",
        "from . import near",
        "import random; random.seed(1); x = random.random()",
        "import math, platform",
        "import importlib; x = importlib.import_module('os').cpu_count()",
        "from contextlib import os",
        "from dataclasses import sys",
        "exec('') if x else [__import__('os')]; import socket",
    ],
)
def test_a_program_that_needs_a_foreign_module_is_rejected(line: str) -> None:
    assert taken(line) == Rejected(FOREIGN, "here")


def test_an_import_that_a_program_has_a_way_around_is_rejected_too() -> None:
    code = "try:\n    import numpy as np\nexcept ImportError:\n    np = None\ndef f(x):\n    return np is None"
    assert corpus.source({"code": code, "inputs": ["1"]}, "here") == Rejected(FOREIGN, "here")
    code = "import fileinput\nprint(list(fileinput.input()))"
    assert corpus.source({"code": code}, "here") == Rejected(FOREIGN, "here")


@pytest.mark.parametrize(
    "line",
    [
        "import datetime; x = datetime.date.today().year + x",
        "from datetime import date as d; x = d.today().year",
        "from datetime import datetime; now = datetime.now; x = now()",
        "import datetime; x = getattr(datetime.datetime, 'utcnow')()",
        "from datetime import datetime; x = datetime.fromtimestamp(x)",
        "import sys; x = sys.version",
        "import sys; x = sys.platform",
        "import sys as s; x = s.argv",
        "import sys; s = sys; x = s.version",
        "import sys; x = getattr(sys, 'version')",
        "from sys import version",
        "from sys import *",
        "from io import open as o; x = o('/etc/passwd').read()",
        "import contextlib; x = contextlib.os.cpu_count()",
        "import dataclasses; x = dataclasses.sys.version",
        "import json; x = json.codecs.open('/etc/passwd')",
        "import json; x = json.__version__",
        "import unicodedata; x = unicodedata.unidata_version",
        "x = open('/etc/passwd').read()",
        "opened = open; x = opened(0).read()",
        "x = id(x) % 2",
        "x = hash(str(x)) % 2",
        "x = __import__('os').cpu_count()",
        "x = eval('__import__(\"os\").cpu_count()')",
        "exec('import os; x = os.cpu_count()')",
        "x = f.__globals__['__builtins__']",
        "x = x.__sizeof__()",
        "x = __file__",
    ],
)
def test_a_program_that_asks_for_what_is_not_its_own_is_rejected(line: str) -> None:
    assert taken(line) == Rejected(OUTSIDE, "here")


@pytest.mark.parametrize(
    "line",
    [
        "from collections import Counter, deque; x = Counter([x])",
        "import collections.abc; from collections import abc",
        "import math, cmath, itertools, functools, heapq, bisect, string, re, operator, typing, dataclasses, enum, abc",
        "import copy, decimal, fractions, statistics, textwrap, json, numbers, contextlib, array, queue, unicodedata",
        "import copy; x = copy.copy(x)",
        "import re; x = re.compile('a').match('a') is None",
        "from datetime import date, timedelta; x = (date(2020, 1, 1) + timedelta(x)).isoformat()",
        "import datetime; x = datetime.datetime(2020, 1, x).weekday()",
        "import sys; sys.setrecursionlimit(100); x = sys.maxsize",
        "import sys as s; s.stdout.write('a')",
        "from sys import stdin, stdout",
        "from io import StringIO; x = StringIO('a').read()",
        "import io; x = io.StringIO('a').read()",
        "id, open, hash = x, 1, 2; x = id + open + hash",
        "time = x; x = time + 1",
        "x = eval(str(x))",
    ],
)
def test_an_ordinary_program_is_taken(line: str) -> None:
    assert isinstance(taken(line), Source)


def test_ordinary_programs_that_say_their_own_hash_or_read_their_input_are_taken() -> None:
    own = "class P:\n    def __hash__(self):\n        return hash((1, 2))\ndef f(id, now):\n    return id + now.today"
    assert isinstance(corpus.source({"code": own, "inputs": ["1, 2"]}, "here"), Source)
    for line in ("sys.stdin", "sys.stdin.buffer", "iter(sys.stdin.readline, '')"):
        code = f"import sys\nread = sys.stdin.readline\nfor line in {line}:\n    print(line)\nsys.exit(0)"
        assert isinstance(corpus.source({"code": code, "inputs": ["1\n"]}, "here"), Source), line
