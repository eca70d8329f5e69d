"""The columns of a data set and how they are written: Parquet, the same bytes for the same rows.

`prompt` and `completion` are what TRL's SFT reads: texts in the tagged style, lists of messages in the chat style.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from models.dataset import folder

Table = Any
"""A `pyarrow.Table`; the library ships no types."""

VERSION: str = pa.__version__
"""Of the library: it is written into every file."""
SCHEMA = 2
"""Version of the columns; it stands in every manifest. 2: statement, tests, and pairs of right and wrong programs."""

COLUMNS: dict[str, tuple[str, str]] = {
    "id": ("string", "hash of prompt and completion: equal rows have equal ids"),
    "task": ("string", "`predict`, `solve`, `fix` or `verify`"),
    "style": ("string", "prompt style: `tagged` or `chat`"),
    "narrative": (
        "string?",
        "`compact`, `spelled` or `stepped` (compact, in smaller steps), `prose`, or `explained` (by a model); null "
        "where there is none",
    ),
    "prompt": ("prompt", "what the model is given"),
    "completion": ("prompt", "what it is to answer"),
    "statement": ("string?", "the problem in words, without tests; null where there is none"),
    "program": (
        "string",
        "the program that is simulated (`predict`) or judged (`verify`), or the right answer (`solve`, `fix`)",
    ),
    "io": ("string", "`function` or `stdio`"),
    "entry_point": ("string?", "function that is called; null for `stdio`"),
    "input": ("string?", "argument list or text on standard input (`predict`), or that of the test (`verify`)"),
    "output": ("string?", "repr of what was returned, or all that was printed; null if it raised or never ended"),
    "raises": ("string?", "type of the exception that escaped"),
    "finishes": ("bool?", "false for a run that does not end; null where nothing was predicted"),
    "steps": ("int32?", "length of the trace"),
    "tests": (
        "tests?",
        "tests of the problem (`solve`, `fix`, `verify`), outputs from the right program; `public`: may be shown, and "
        "is in the chat style's `solve`; the others stand in no prompt; `edge`: an edge case",
    ),
    "right_program": ("string?", "where there is a wrong program: the right one for the same problem"),
    "wrong_program": (
        "string?",
        "a program that some test tells from the right one: what is simulated (`predict`), repaired (`fix`) or "
        "judged (`verify`); in a "
        "false alarm (`fix` with `correct` true) the one whose outcomes are shown for the right program; else null",
    ),
    "slip": ("string?", "how the wrong program came about: mutation operator, or `near miss` (another operation)"),
    "failing_input": ("string?", "an input on which the wrong program does something else than the right one"),
    "origin": ("string", "generator or corpus the program came from"),
    "correct": (
        "bool?",
        "whether the program that was run (`predict`) or shown (`fix`, `verify`) does what its statement says; null if "
        "unknown",
    ),
    "group": ("string", "problem or program family; a group lies in one split"),
    "split": ("string", "`train`, `validation` or `test`"),
    "difficulty": ("float32?", "0 to 1, as the source grades it; null where it does not"),
    "key": ("string", "hash of the program's normalized syntax tree: equal up to names, literals and layout"),
}
"""Name → type and meaning; a `?` marks columns that may be null."""

_TYPES = {"string": pa.string(), "bool": pa.bool_(), "int32": pa.int32(), "float32": pa.float32()}
_TYPES["tests"] = pa.list_(pa.struct([
    ("input", pa.string()), ("output", pa.string()), ("public", pa.bool_()), ("edge", pa.bool_()),
]))  # fmt: skip
_MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))


def schema(style: str) -> Any:
    """The Arrow schema of a prompt style."""
    prompt = _MESSAGES if style == "chat" else pa.string()
    return pa.schema([
        pa.field(name, prompt if kind == "prompt" else _TYPES[kind.rstrip("?")], nullable=kind.endswith("?"))
        for name, (kind, _) in COLUMNS.items()
    ])  # fmt: skip


def table(rows: Sequence[dict[str, Any]], style: str) -> Table:
    """Rows as a table."""
    return pa.Table.from_pylist(list(rows), schema(style))


def write(path: Path, content: Table) -> None:
    """One Parquet file, whole or not there."""
    folder.write(path, lambda at: pq.write_table(content, at, compression="zstd", row_group_size=10_000))


def where(content: Table, mask: Sequence[bool]) -> Table:
    """The rows for which `mask` holds."""
    return content.filter(pa.array(mask, pa.bool_()))


def read(path: Path, columns: Sequence[str] | None = None) -> Table:
    """A file, or some of its columns. Not through a `ParquetDataset`: folder names are no columns."""
    return pq.ParquetFile(path).read(columns=columns)
