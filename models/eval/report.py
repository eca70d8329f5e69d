"""Evaluation results as a table a person reads and as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from math import isnan
from typing import Any

from models.eval.stats import Estimate

DECIMAL = frozenset({"ece", "brier", "balanced accuracy", "share of the gap to execution closed",
                     "share of the oracle loop's gain"})  # fmt: skip
"""Figures that are no share of the items, and are not written in per cent."""


def plain(value: Any) -> Any:
    """The same with every Estimate as a dict and no number where there is none, ready for JSON."""
    if isinstance(value, Estimate):
        return plain(dataclasses.asdict(value))
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return None if isnan(value) else round(value, 5)
    return value


def table(name: str, result: Mapping[str, Any]) -> str:
    """One suite as aligned lines; item lists are left to the JSON."""
    return "\n".join([f"## {name}", *_rows(result, "  ")])


def _rows(result: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in result.items():
        if isinstance(value, Mapping) and value:
            yield indent + key
            yield from _rows(value, indent + "  ")
        elif not isinstance(value, list | Mapping):
            yield f"{indent + key:<40} {_cell(key, value)}"


def _cell(key: str, value: object) -> str:
    if isinstance(value, Estimate):
        shown = value.decimal() if key in DECIMAL else value.percent()
        return "nothing to measure" if isnan(value.mean) else f"{shown}  (n = {value.n})"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
