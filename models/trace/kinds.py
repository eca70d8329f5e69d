"""The kinds of workings, by name: which operations of a program are wrapped, and what these tell.

    plain       operations with their operands and values (`models.trace.workings`)
    spelled     and what is counted, searched and computed in small steps (`models.trace.spelled`)
    stepped     and what is cut, joined and padded; loops know where they are (`models.trace.stepped`)
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from models.trace.instrument import instrument, instrument_spelled, instrument_stepped
from models.trace.speller import Speller
from models.trace.stepper import Stepper
from models.trace.workings import Workings


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to tell workings."""

    workings: type[Workings]
    instrument: Callable[[ast.Module], ast.Module]


KINDS = {
    "plain": Kind(Workings, instrument),
    "spelled": Kind(Speller, instrument_spelled),
    "stepped": Kind(Stepper, instrument_stepped),
}
