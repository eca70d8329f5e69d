"""The final pass: what occurs in two parts stays in the first, and is counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.config import DataConfig, SourceConfig
from models.dataset import folder, merge, part, schema
from workers.pipeline.errors import InputError

CONFIG = DataConfig("t", (SourceConfig("drill"),), rows=6, parts=2, same_program=2)


def row(id: str, key: str, split: str = "train") -> dict[str, Any]:
    kinds = {"string": "x", "string?": None, "bool?": None, "int32?": None, "float32?": None, "prompt": "x",
             "tests?": None}  # fmt: skip
    blank = {name: kinds[kind] for name, (kind, _) in schema.COLUMNS.items()}
    return blank | {"id": id, "key": key, "task": "predict", "origin": "drill", "split": split}


def save(out: Path, number: int, rows: list[dict[str, Any]], **versions: object) -> None:
    path = part.path(out, number)
    path.parent.mkdir(exist_ok=True)
    schema.write(path, schema.table(rows, "tagged"))
    facts = {"rows": len(rows), "sha256": folder.sha256(path), "dropped": [["drill", "too long", 4]], "removed": [],
             "versions": part.versions(CONFIG) | versions}  # fmt: skip
    path.with_suffix(".json").write_text(json.dumps(facts))


def test_the_first_of_equal_rows_stays_and_no_more_than_allowed_of_one_program(tmp_path: Path) -> None:
    save(tmp_path, 0, [row("a", "k"), row("b", "m", "test")])
    save(tmp_path, 1, [row("a", "k"), row("c", "k"), row("d", "k"), row("e", "n")])
    facts = merge.merge(CONFIG, tmp_path)
    kept = {name: [r["id"] for r in schema.read(tmp_path / name).to_pylist()] for name in facts["files"]}
    assert kept == {
        "data/train-00000-of-00002.parquet": ["a"],
        "data/test-00000-of-00002.parquet": ["b"],
        "data/train-00001-of-00002.parquet": ["c", "e"],
    }
    assert facts["rows"] == 4
    assert facts["counts"] == {"drill": {"predict": {"test": 1, "train": 3}}}
    assert facts["dropped"] == {
        "drill": {"equal program in an earlier part": 1, "equal row in an earlier part": 1, "too long": 8}
    }


def test_a_pair_of_verdicts_stays_or_goes_as_a_whole(tmp_path: Path) -> None:
    def pair(*names: str) -> list[dict[str, Any]]:
        return [row(name, f"k{name}") | {"task": "verify"} for name in names]

    save(tmp_path, 0, [*pair("a", "b"), row("p", "k")])
    save(tmp_path, 1, [*pair("c", "d"), row("q", "k"), *pair("e", "a"), *pair("f", "g")])
    facts = merge.merge(CONFIG, tmp_path)
    kept = [r["id"] for name in facts["files"] for r in schema.read(tmp_path / name).to_pylist()]
    assert kept == ["a", "b", "p", "c", "d", "q", "f", "g"]
    assert facts["dropped"]["drill"]["equal row in an earlier part"] == 2


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    save(tmp_path, 1, [row("a", "k")])
    with pytest.raises(InputError, match="1 of 2 parts are missing, first number 0"):
        merge.merge(CONFIG, tmp_path)


def test_parts_of_different_versions_are_not_mixed(tmp_path: Path) -> None:
    save(tmp_path, 0, [row("a", "k")])
    save(tmp_path, 1, [row("b", "k")], pyarrow="1.0")
    with pytest.raises(InputError, match="different versions"):
        merge.merge(CONFIG, tmp_path)
