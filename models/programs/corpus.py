"""Reads programs that others wrote from JSON Lines, Parquet or a Hugging Face data set; runs nothing.

A row that cannot be used is a `Rejected` with its reason, never an error and never left out in silence: corpora hold
broken lines, binary garbage and programs of a megabyte. Only what is wrong with the whole corpus is an error.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from models.programs.source import Rejected, Source
from workers.pipeline.errors import InputError
from workers.pipeline.syntax import MAX_SOURCE, defined, laid_out, normalized, parse
from workers.pipeline.types import Io

MOST_CHARS = 4000
"""A longer program is no training example for what one prompt can hold."""
MOST_INPUTS = 32
Row = Mapping[str, Any]


def read(location: str, split: str = "train") -> list[Source | Rejected]:
    """Every row of a `.jsonl`, `.json` or `.parquet` file, a data set folder, or a data set of the hub by its name.

    A row has `code` (or `reference_solution`), and may have `inputs` or `tests` (texts, or objects with `input`),
    `entry_point`, `io`, `statement`, and `id` or `group`. Raises InputError where nothing can be read.
    """
    path = Path(location)
    if path.suffix in (".jsonl", ".json"):
        rows: Iterator[Row | Rejected] = _json(path)
    elif path.suffix == ".parquet":
        rows = _parquet(path)
    else:
        rows = _hub(location, split)
    return [
        row if isinstance(row, Rejected) else source(row, f"{path.name}:{number}") for number, row in enumerate(rows, 1)
    ]


def _json(path: Path) -> Iterator[Row | Rejected]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    whole = _loaded(content) if path.suffix == ".json" else None
    found = whole if isinstance(whole, list) else map(_loaded, content.splitlines())
    for number, row in enumerate(found, 1):
        yield row if isinstance(row, dict) else Rejected("no JSON object", f"{path.name}:{number}")


def _loaded(text: bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _parquet(path: Path) -> Iterator[Row]:
    import pyarrow as pa  # only here, as `datasets` below: reading JSON does without
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path)
        for batch in table.iter_batches(1000):
            yield from batch.to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: {error}") from error


def _hub(location: str, split: str) -> Iterator[Row]:
    import datasets

    try:
        local = (Path(location) / "state.json").exists() or (Path(location) / "dataset_dict.json").exists()
        found = datasets.load_from_disk(location) if local else datasets.load_dataset(location, split=split)
        yield from found[split] if isinstance(found, datasets.DatasetDict) else found
    except (OSError, ValueError, KeyError, datasets.exceptions.DatasetsError) as error:
        raise InputError(f"corpus {location}: {error}") from error


def source(row: Row, where: str) -> Source | Rejected:
    """The program of a row in the one layout of this project, or why it has none."""
    try:
        return _source(row)
    except _Unusable as reason:
        return Rejected(str(reason), where)


class _Unusable(Exception):
    """A row that gives no program; the text is the reason that is counted."""


def _source(row: Row) -> Source:
    code = row.get("code") or row.get("reference_solution")
    if not isinstance(code, str) or "\0" in code:
        raise _Unusable("no program text")
    if len(code) > min(MOST_CHARS, MAX_SOURCE):
        raise _Unusable("giant program")
    tree = parse(code)
    if isinstance(tree, str):
        raise _Unusable("does not parse")
    io, name = _called(row, tree)
    inputs = _inputs(row)
    if io == "stdio" and not inputs:
        raise _Unusable("no input")
    text = laid_out(code, name)
    if not text:
        raise _Unusable("does not parse")
    group = str(row.get("group") or row.get("id") or _hash(normalized(code) or code))
    statement = str(row.get("statement") or "")
    if not _spelled(text, group, statement, *inputs):
        raise _Unusable("text that cannot be encoded")
    return Source(text, io, name, tuple(inputs), "corpus", group, statement)


def _called(row: Row, tree: ast.Module) -> tuple[Io, str | None]:
    """How the program is run: as told, else as it looks; and the function that is called."""
    name = row.get("entry_point")
    io: Any = row.get("io") or _io(tree, name)
    if io not in ("function", "stdio"):
        raise _Unusable("unknown io")
    if io == "stdio":
        return "stdio", None
    name = name or next((n.name for n in reversed(tree.body) if isinstance(n, ast.FunctionDef)), None)
    if not isinstance(name, str) or name not in defined(tree):
        raise _Unusable("no function to call")
    return "function", name


def _io(tree: ast.Module, entry_point: object) -> str:
    """A program that only defines things is called; one that does something at its top level reads its input."""
    quiet = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    return "function" if entry_point or all(isinstance(node, quiet) for node in tree.body) else "stdio"


def _inputs(row: Row) -> list[str]:
    """The texts of `inputs`, `tests` or `input`."""
    found: Any = next((row[name] for name in ("inputs", "tests", "input") if row.get(name) is not None), [])
    items = [found] if isinstance(found, str | Mapping) else found
    if not isinstance(items, list | tuple):
        raise _Unusable("inputs of an unknown form")
    texts: list[Any] = [item.get("input") if isinstance(item, Mapping) else item for item in items[:MOST_INPUTS]]
    if not all(isinstance(text, str) for text in texts):
        raise _Unusable("inputs of an unknown form")
    return texts


def _spelled(*texts: str) -> bool:
    """Whether these can be written to a file: half of a surrogate pair cannot."""
    try:
        return all(text.encode() or True for text in texts)
    except UnicodeEncodeError:
        return False


def _hash(text: str) -> str:
    return "corpus-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
