"""Every answer of the model on disk as soon as it is there, so that a call that was stopped goes on by the request.

An answer follows from the model, its server and the request; what the same call asks again is looked up. Figures come
out as if it had never been stopped, but for the wall clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from pydantic import TypeAdapter

from workers.pipeline.completer import Completer, CompletionRequest
from workers.pipeline.errors import InputError
from workers.pipeline.types import Completion

FORM = TypeAdapter(Completion)
BY = ("model", "url", "files")
"""What answers depend on besides the request, of what `describe.about` tells."""


class Answers:
    """A completer that asks another one only what it was not asked before.

    As a context manager it leaves the file only where an exception ends it: else all that was asked for is measured.
    """

    def __init__(self, completer: Completer, path: Path | None, about: Mapping[str, Any]) -> None:
        """Answers that another model or server left in the file are dropped; without a path nothing is kept.

        Raises InputError where the file cannot be read or written.
        """
        self._completer, self._path = completer, path
        self._known: dict[str, Completion] = {}
        self._file: IO[bytes] | None = None
        self.recalled = 0
        """Requests answered from the file."""
        if path is not None:
            try:
                self._file = self._opened(path, {name: about[name] for name in BY})
            except OSError as error:
                raise self._unwritten(error) from error

    async def complete(self, request: CompletionRequest) -> Completion:
        """As `Completer.complete`. Raises InputError besides, where the answer cannot be kept."""
        key = hashlib.sha256(json.dumps(asdict(request), sort_keys=True).encode()).hexdigest()
        if key in self._known:
            self.recalled += 1
            return self._known[key]
        made = await self._completer.complete(request)
        try:
            if self._file is not None:
                _append(self._file, {"request": key, "answer": FORM.dump_python(made, mode="json")})
        except OSError as error:
            raise self._unwritten(error) from error
        return made

    def __enter__(self) -> Answers:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._file is not None and self._path is not None:
            self._file.close()
            if kind is None:
                self._path.unlink(missing_ok=True)

    def _opened(self, path: Path, by: Mapping[str, Any]) -> IO[bytes]:
        self._known, whole = _read(path, by)
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("r+b" if whole else "wb")
        file.seek(whole)
        file.truncate()  # a line that was cut by a kill or a full disk
        if not whole:
            _append(file, by)
        return file

    def _unwritten(self, error: OSError) -> InputError:
        return InputError(f"{self._path} cannot be written: {error.strerror}")


def _read(path: Path, by: Mapping[str, Any]) -> tuple[dict[str, Completion], int]:
    """The answers there, by request, and the bytes of the lines that are whole; none of another model's."""
    known: dict[str, Completion] = {}
    if not path.exists():
        return known, 0
    with path.open("rb") as file:
        whole = 0
        for line in file:
            try:
                entry = json.loads(line)
                if whole:
                    known[entry["request"]] = FORM.validate_python(entry["answer"])
                elif entry != by:
                    return {}, 0
            except (ValueError, KeyError, TypeError):
                break
            if not line.endswith(b"\n"):
                break
            whole += len(line)
    return known, whole


def _append(file: IO[bytes], entry: Mapping[str, Any]) -> None:
    file.write(json.dumps(entry).encode() + b"\n")
    file.flush()
