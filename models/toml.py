"""How a TOML file becomes a frozen dataclass: typed and closed (an unknown key is an error). Knows no configuration."""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from workers.pipeline.errors import InputError

Ranges = Mapping[str, tuple[str, ...]]
"""A name of `FITS` → the fields of which that is asked."""
FITS: Mapping[str, Callable[[float], bool]] = {
    "at least 1": lambda value: 1 <= value < math.inf,
    "above 0": lambda value: 0 < value < math.inf,
    "at least 0": lambda value: 0 <= value < math.inf,
    "a share of 1": lambda value: 0 <= value <= 1,
}
"""What may be asked of a number. None of it is true of nan, which TOML can spell."""


def read(path: Path) -> dict[str, Any]:
    """The content of a TOML file. Raises InputError for a missing file or bad TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such configuration file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid TOML: {error}") from None


def section(kind: type[Any], raw: object, where: str) -> Any:
    """A table as the dataclass `kind`; `where` starts the message of the InputError for what does not fit."""
    if not isinstance(raw, dict):
        raise InputError(f"{where} must be a table")
    fields = {f.name: f for f in dataclasses.fields(kind)}
    values: dict[str, object] = {}
    for key, value in raw.items():
        if key not in fields:
            raise InputError(f"{where} unknown key {key!r}")
        wanted = str(fields[key].type).replace(" | None", "")
        if wanted == "float" and type(value) is int:
            value = float(value)
        if type(value).__name__ != wanted.partition("[")[0]:
            raise InputError(f"{where} {key} must be {wanted}, not {type(value).__name__}")
        values[key] = value
    return kind(**values)


def out_of_range(values: object, ranges: Ranges) -> Iterator[str]:
    """One line, which names it, for each field of a dataclass that is not in its range; None is in any."""
    for wanted, names in ranges.items():
        for name in names:
            if (value := getattr(values, name)) is not None and not FITS[wanted](value):
                yield f"{name} must be {wanted}, not {value}"
