"""Evaluation results as a table a person reads and as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from models.eval.stats import Estimate


def plain(value: Any) -> Any:
    """The same with every Estimate as a dict, ready for JSON."""
    if isinstance(value, Estimate):
        return {k: round(v, 5) if isinstance(v, float) else v for k, v in dataclasses.asdict(value).items()}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return round(value, 5) if isinstance(value, float) else value


def table(name: str, result: Mapping[str, Any]) -> str:
    """One suite as aligned lines; item lists are left to the JSON."""
    lines = [f"## {name}"]
    for key, value in result.items():
        if isinstance(value, Estimate):
            lines.append(f"  {key:<34}{value.percent()}  (n = {value.n})")
        elif isinstance(value, Mapping):
            lines.append(f"  {key}")
            lines += [f"    {k:<32}{_cell(v)}" for k, v in value.items()]
        elif not isinstance(value, list):
            lines.append(f"  {key:<34}{_cell(value)}")
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, Estimate):
        return value.percent()
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_cell(v)}" for k, v in value.items())
    return f"{value:.4f}" if isinstance(value, float) else str(value)
