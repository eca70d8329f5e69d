"""Corpora: every row is a program or a counted reason, in every form a corpus may have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

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
