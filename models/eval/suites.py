"""The suites by name: what each evaluates and where its items come from.

`programs`, `problems` and `reworded` are the project's own frozen sets; the others read a file of a folder of
benchmarks (`--data`), found by the start of its name, so that halves and subsets can be used as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from models.dataset import freeze
from models.eval import benchmarks, livecodebench
from models.eval.benchmarks import Read, Row
from workers.pipeline.errors import InputError

Kind = Literal["predict", "solve", "verdicts", "mutants"]


@dataclass(frozen=True, slots=True)
class Suite:
    """What is evaluated, on which file, read how."""

    kind: Kind
    file: str = ""
    """Start of the file's name; empty for the frozen sets."""
    read: Callable[[Sequence[Row]], Read] = benchmarks.read


SUITES: dict[str, Suite] = {
    "programs": Suite("predict"),
    "problems": Suite("solve"),
    "reworded": Suite("solve"),
    "cruxeval": Suite("predict", "cruxeval"),
    "humaneval": Suite("solve", "humaneval_common"),
    "mbpp": Suite("solve", "mbpp_common"),
    "mbppplus": Suite("solve", "mbppplus_common"),
    "exercism": Suite("solve", "exercism_python"),
    "kattis": Suite("solve", "contests_kattis"),
    "codejam": Suite("solve", "contests_google_codejam"),
    "kickstart": Suite("solve", "contests_google_kickstart"),
    "livecodebench": Suite("solve", "livecodebench", livecodebench.read),
    "humanevalfix": Suite("verdicts", "humanevalfix"),
    "quixbugs": Suite("verdicts", "quixbugs"),
    "mbpp-mutants": Suite("mutants", "mbpp_common"),
}
FROZEN = {"programs": "predict", "problems": "solve", "reworded": "reworded"}
"""The project's own suites, and the name of their file."""


def rows(name: str, data: Path | None) -> list[dict[str, Any]]:
    """The rows of a suite. Raises InputError where its file is not in `data`, or there are several."""
    if name in FROZEN:
        return freeze.load(FROZEN[name])
    return benchmarks.lines(find(name, data))


def find(name: str, data: Path | None) -> Path:
    """The file of a suite; `data` may also be the file itself. Raises InputError where there is not one."""
    if name in FROZEN:
        return freeze.FOLDER / f"{FROZEN[name]}.jsonl"
    start = SUITES[name].file
    if data is None:
        raise InputError(f"suite {name} needs --data FOLDER with {start}*.jsonl")
    if data.is_file():
        return data
    found = _files(name, data)
    if len(found) != 1:
        what = "no file" if not found else "more than one file"
        raise InputError(f"{data}: {what} {start}*.jsonl for suite {name}")
    return found[0]


def available(data: Path | None) -> list[str]:
    """The frozen sets, and suites with a file there: one that has several is not passed over, but refused when read.

    Raises InputError where there is no `data` of that name.
    """
    if data is not None and not data.exists():
        raise InputError(f"{data}: no such file or folder")
    return [name for name in SUITES if name in FROZEN or (data and _files(name, data))]


def _files(name: str, data: Path) -> list[Path]:
    """Files that are named as the suite's."""
    within = [data] if data.is_file() else sorted(data.glob("*"))
    return [p for p in within if p.name.startswith(SUITES[name].file) and p.suffix in (".jsonl", ".json")]
