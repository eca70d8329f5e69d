"""Results as they come: in files that are whole at any time, and from which the same call goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.eval import describe, files, report, table
from models.eval.suites import SUITES
from workers.pipeline.errors import InputError


class Results:
    """What was measured so far. With a JSON file it is read from there first, and written there after each part."""

    def __init__(self, about: Mapping[str, Any], path: Path | None, markdown: Path | None, name: str) -> None:
        """`name` heads the column of the table. Files are written at once, so that a fault shows before hours pass.

        Raises InputError where a file cannot be read or written, or holds results of another run.
        """
        self._path, self._markdown, self._name = path, markdown, name
        self.found: dict[str, Any] = {"about": dict(about)}
        if path is not None and path.exists():
            left = _left(path, about)
            data = {**left["about"].get("data", {}), **about["data"]} if "about" in left else about["data"]
            self.found |= left | {"about": {**about, "data": data}}
        self._write()

    def add(self, name: str, result: Any) -> None:
        """One suite, or what was fitted, which is kept to the last digit so that going on from it changes nothing."""
        self.found[name] = report.plain(result) if name in SUITES else result
        self._write()

    def _write(self) -> None:
        if self._path is not None:
            files.write(self._path, json.dumps(self.found, indent=1))
        if self._markdown is not None:
            files.write(self._markdown, table.markdown({self._name: self.found}))


def missing(names: Sequence[str], results: Results) -> list[str]:
    """Which of these are still to be measured."""
    return [name for name in names if name not in results.found]


def _left(path: Path, about: Mapping[str, Any]) -> dict[str, Any]:
    """What an earlier run left, if it was one like this or left nothing that was measured."""
    try:
        left = json.loads(path.read_text(encoding="utf-8"))
        told, measured = dict(left["about"]), set(left) - {"about"}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is there and holds no results of python -m models.eval: {error!r}") from error
    differ = describe.differences(told, about)
    if differ and measured:
        more = f" (and {len(differ) - 3} more)" if len(differ) > 3 else ""
        raise InputError(f"{path} holds results of another run: {'; '.join(differ[:3])}{more}; name another file")
    return {} if differ else dict(left)
