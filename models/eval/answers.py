"""Every answer of the model on disk as soon as it is there, so that a call that was stopped goes on by the request.

An answer follows from the model, its server and the request: what is asked again, by the same call later on or by a
next one, is looked up. Figures come out as if it had never been stopped, but for the wall clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any

from pydantic import TypeAdapter

from models.eval import files
from workers.pipeline.completer import Completer, CompletionRequest
from workers.pipeline.errors import InputError
from workers.pipeline.types import Completion

FORM = TypeAdapter(Completion)
BY = ("model", "url", "files")
"""What answers depend on besides the request, of what `describe.about` tells; and on these packages."""
PACKAGES = ("deskcheck", "ctranslate2")


class Answers:
    """A completer that asks another one only what is not in its file.

    As a context manager it drops what this call asked for where no exception ends it: then that is measured.
    """

    def __init__(self, completer: Completer, path: Path | None, about: Mapping[str, Any]) -> None:
        """Answers that another model or server left in the file are dropped; without a path nothing is kept.

        Raises InputError where the file cannot be read or written.
        """
        self._completer, self._path = completer, path
        self._lines: dict[str, tuple[int, int]] = {}
        self._before: frozenset[str] = frozenset()
        self._asked: set[str] = set()
        self._file: IO[bytes] | None = None
        self.recalled = 0
        """Requests answered by what an earlier call left."""
        if path is not None:
            try:
                self._file = self._opened(path, _by(about))
            except OSError as error:
                raise self._unwritten(error) from error

    async def complete(self, request: CompletionRequest) -> Completion:
        """As `Completer.complete`. Raises InputError besides, where the answer cannot be kept."""
        if self._file is None:
            return await self._completer.complete(request)
        key = hashlib.sha256(json.dumps(asdict(request), sort_keys=True).encode()).hexdigest()
        self._asked.add(key)
        self.recalled += key in self._before
        try:
            if key not in self._lines:
                made = await self._completer.complete(request)
                self._lines[key] = _append(
                    self._file, {"request": key, "answer": FORM.dump_python(made, mode="json")}
                )
                return made
            return FORM.validate_python(json.loads(_line(self._file, *self._lines[key]))["answer"])
        except OSError as error:
            raise self._unwritten(error) from error

    def __enter__(self) -> Answers:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._file is None or self._path is None:
            return
        with self._file as file:
            others = [_line(file, *self._lines[key]) for key in self._lines.keys() - self._asked]
            head = _line(file, 0, -1)
        if kind is None and others:
            files.write(self._path, b"".join([head, *others]).decode())
        elif kind is None:
            self._path.unlink(missing_ok=True)

    def _opened(self, path: Path, by: Mapping[str, Any]) -> IO[bytes]:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("r+b" if path.exists() else "w+b")
        self._lines, whole = _read(file, by)
        self._before = frozenset(self._lines)
        file.truncate(whole)  # without a line that was cut by a kill or a full disk
        if not whole:
            _append(file, by)
        return file

    def _unwritten(self, error: OSError) -> InputError:
        return InputError(f"{self._path} cannot be written: {error.strerror}")


def _by(about: Mapping[str, Any]) -> dict[str, Any]:
    return {name: about[name] for name in BY} | {name: _version(name) for name in PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # no embedded engine here: a server answers
        return ""


def _read(file: IO[bytes], by: Mapping[str, Any]) -> tuple[dict[str, tuple[int, int]], int]:
    """Where the answers are, by request, and the bytes of the lines that are whole; none of another model's."""
    found: dict[str, tuple[int, int]] = {}
    whole = 0
    for line in file:
        try:
            entry = json.loads(line)
            if whole:
                FORM.validate_python(entry["answer"])
                found[entry["request"]] = (whole, len(line))
            elif entry != by:
                return {}, 0
        except (ValueError, KeyError, TypeError):
            break
        if not line.endswith(b"\n"):
            break
        whole += len(line)
    return {key: place for key, place in found.items() if sum(place) <= whole}, whole


def _line(file: IO[bytes], start: int, size: int) -> bytes:
    """A line by its place; a size of -1 is up to its end."""
    file.seek(start)
    return file.readline() if size < 0 else file.read(size)


def _append(file: IO[bytes], entry: Mapping[str, Any]) -> tuple[int, int]:
    """Where the new line is."""
    line = json.dumps(entry).encode() + b"\n"
    start = file.seek(0, 2)
    file.write(line)
    file.flush()
    return start, len(line)
