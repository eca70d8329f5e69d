"""Corpora: every row is a program or a counted reason, in every form a corpus may have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.programs import corpus
from models.programs.source import Rejected, Source
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


def test_broken_rows_are_reasons(tmp_path: Path) -> None:
    bad: list[tuple[bytes, str]] = [
        (b"{", "no JSON object"),
        (b"[1, 2]", "no JSON object"),
        (bytes(range(128, 200)), "no JSON object"),
        (b"[" * 100_000, "no JSON object"),
        (b'{"code": 3}', "no program text"),
        (b'{"inputs": ["1"]}', "no program text"),
        (json.dumps({"code": "x = '\0'"}).encode(), "no program text"),
        (json.dumps({"code": "x = 1\n" * 10_000}).encode(), "giant program"),
        (b'{"code": "def f(:"}', "does not parse"),
        (b'{"code": "import os", "inputs": ["1"]}', "no function to call"),
        (b'{"code": "def f(): pass", "entry_point": "g"}', "no function to call"),
        (b'{"code": "print(1)"}', "no input"),
        (b'{"code": "print(1)", "io": "socket"}', "unknown io"),
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


def test_a_json_file_may_be_one_array(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps([*ROWS, 3]))
    found = corpus.read(str(tmp_path / "rows.json"))
    assert codes(found[:3]) == EXPECTED
    assert found[3] == Rejected("no JSON object", "rows.json:4")
