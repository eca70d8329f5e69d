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
from random import Random
from typing import Any

from models.programs import alone, fuzz
from models.programs.source import Rejected, Source
from workers.pipeline.errors import InputError
from workers.pipeline.syntax import MAX_SOURCE, defined, laid_out, normalized, parse
from workers.pipeline.types import Io

MOST_CHARS = 4000
"""A longer program is no training example for what one prompt can hold."""
MOST_INPUTS = 32
"""Inputs of one program that are used, the first ones; a longer list is cut."""
MOST_INPUT = 100_000
"""Characters of all inputs of a program together, or of its statement."""
DEEPEST = 100
"""Levels of a syntax tree. What walks trees by recursion comes to Python's own limit not far beyond."""
LONGEST_NAME = 100
"""Characters of a group's name; a hash stands for a longer one."""
FIELDS = ("code", "reference_solution", "inputs", "tests", "input", "entry_point", "io", "statement", "id", "group")
Row = Mapping[str, Any]


def read(location: str, split: str = "train") -> list[Source | Rejected]:
    """Every row of a `.jsonl`, `.json` or `.parquet` file, a data set folder, or a data set of the hub by its name.

    A row has `code` (or `reference_solution`), and may have `inputs` or `tests` (texts, or objects with `input`),
    `entry_point`, `io`, `statement`, and `id` or `group`; null is the same as nothing. Raises InputError where nothing
    can be read.
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
    found = whole if isinstance(whole, list) else [whole] if isinstance(whole, dict) else _lines(content)
    for number, row in enumerate(found, 1):
        where = f"{path.name}:{number}"
        if isinstance(row, dict):
            yield row
        else:
            yield Rejected(row.reason if isinstance(row, Rejected) else "no JSON object", where)


def _lines(content: bytes) -> Iterator[object]:
    for line in content.splitlines():
        yield _loaded(line) if line.strip() else Rejected("empty line")


def _loaded(text: bytes) -> object:
    """The value that a JSON text is; a Rejected or None where it is none."""
    try:
        return json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Rejected:
    found = dict(pairs)
    # of a field that comes twice nobody knows which was meant
    return found if len(found) == len(pairs) else Rejected("a field twice")


def _parquet(path: Path) -> Iterator[Row | Rejected]:
    import pyarrow as pa  # only here, as `datasets` below: reading JSON does without
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path)
        columns = [name for name in table.schema_arrow.names if name in FIELDS]
        if len(set(columns)) < len(columns):
            raise InputError(f"{path}: a column twice among {', '.join(columns)}")
        number = 0
        for batch in table.iter_batches(1000, columns=columns):
            for at in range(len(batch)):
                number += 1
                try:
                    yield batch.slice(at, 1).to_pylist()[0]
                except (ValueError, OverflowError):  # a text that is no UTF-8, a date beyond the last year
                    yield Rejected("a value that cannot be read", f"{path.name}:{number}")
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: {error}") from error


def _hub(location: str, split: str) -> Iterator[Row]:
    import datasets

    try:
        local = (Path(location) / "state.json").exists() or (Path(location) / "dataset_dict.json").exists()
        found = datasets.load_from_disk(location) if local else datasets.load_dataset(location, split=split)
        yield from found[split] if isinstance(found, datasets.DatasetDict) else found
    except (OSError, ValueError, OverflowError, KeyError, datasets.exceptions.DatasetsError) as error:
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
    code, tree = _program(row)
    io, name = _called(row, tree)
    if reason := alone.why_not(tree):
        raise _Unusable(reason)
    inputs = _inputs(row)
    text = laid_out(code, name)
    if not text:
        raise _Unusable("cannot be laid out")
    group = _name(row, "group") or _name(row, "id") or _hash(normalized(code) or code)
    statement = _text(row, "statement")
    if len(statement) > MOST_INPUT:
        raise _Unusable("giant statement")
    if not _spelled(text, group, statement, *inputs):
        raise _Unusable("text that cannot be encoded")
    found = Source(text, io, name, tuple(inputs), "corpus", group, statement)
    if not inputs and not any(True for _ in fuzz.guesses(found, Random(0), 1)):
        raise _Unusable("no input can be guessed")
    return found


def _program(row: Row) -> tuple[str, ast.Module]:
    """The text of a program, and its tree."""
    code = row.get("code") or row.get("reference_solution")
    if not isinstance(code, str):
        raise _Unusable("no program text")
    if "\0" in code:
        raise _Unusable("a NUL in the text")
    if len(code) > min(MOST_CHARS, MAX_SOURCE):
        raise _Unusable("giant program")
    tree = parse(code)
    if isinstance(tree, str):
        raise _Unusable("does not parse")
    if _depth(tree) > DEEPEST:
        raise _Unusable("nested too deep")
    return code, tree


def _text(row: Row, field: str) -> str:
    """A field that holds a text or nothing."""
    value = row.get(field)
    if value is not None and not isinstance(value, str):
        raise _Unusable(f"{field} of an unknown form")
    return value or ""


def _name(row: Row, field: str) -> str:
    """A field that holds a short text, a number or nothing."""
    value = row.get(field)
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(row, field)
    return text if len(text) <= LONGEST_NAME else _hash(text)


def _depth(tree: ast.AST) -> int:
    """Levels of a syntax tree, counted without recursion."""
    depth, level = 0, [tree]
    while level:
        depth, level = depth + 1, [child for node in level for child in ast.iter_child_nodes(node)]
    return depth


def _called(row: Row, tree: ast.Module) -> tuple[Io, str | None]:
    """How the program is run: as told, else as it looks; and the function that is called."""
    name = _text(row, "entry_point") or None
    io: Any = _text(row, "io") or _io(tree, name)
    if io not in ("function", "stdio"):
        raise _Unusable("unknown io")
    if io == "stdio":
        return "stdio", None
    name = name or next((n.name for n in reversed(tree.body) if isinstance(n, ast.FunctionDef)), None)
    if name not in defined(tree):
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
    if any("\0" in text for text in texts):
        raise _Unusable("a NUL in the text")
    if sum(map(len, texts)) > MOST_INPUT:
        raise _Unusable("giant input")
    return texts


def _spelled(*texts: str) -> bool:
    """Whether these can be written to a file: half of a surrogate pair cannot."""
    try:
        return all(text.encode() or True for text in texts)
    except UnicodeEncodeError:
        return False


def _hash(text: str) -> str:
    return "corpus-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
