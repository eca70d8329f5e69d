"""The log of a run: JSON lines, each of a step, which a run that goes on takes back to the step it goes on from."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from models.dataset import folder

LOG = "log.jsonl"


def append(path: Path, step: int, found: Iterable[dict[str, Any]]) -> None:
    """Add lines of a step."""
    with path.open("a", encoding="utf-8") as log:
        log.writelines(json.dumps({"step": step, **line}) + "\n" for line in found)


def rewind(path: Path, step: int) -> None:
    """Take away what a killed run logged after the step it goes on from; a line it was killed in goes too."""
    if path.exists():
        lines = path.read_text(encoding="utf-8").split("\n") if step else []
        folder.write_text(path, "".join(f"{line}\n" for line in lines if _step(line) <= step))


def _step(line: str) -> float:
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return math.inf
