"""Claims of the form variable = value in free text, and whether the trace bears them out.

What is checked: every place where a variable of the program is said to have a value that is written as a Python literal
(`x = 3`, `x` is now [1, 2], total becomes 6, x: 3). The claims, in the order of the text, must be a walk through the
run: each names a value the variable held at that point of the run or later, never one it had lost before an earlier
claim came true. Calls are not told apart: a name may hold a value in any frame.

What is not: comparisons, values in words ("the empty list"), values not written as literals, claims about parts of a
value or about expressions, and text in backquotes that is a line of the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from models.trace.types import Trace
from workers.pipeline import compare

_VERB = (
    r"(?:\s*=(?!=)\s*|\s*:\s+|\s+(?:is|becomes|equals|gets|takes|holds|starts|stays|remains)"
    r"(?:\s+(?:now|still|set|updated|changed|again|at|as|the value|equal|to))*\s+(?:to\s+)?)"
)
_CLAIM = re.compile(rf"(?<![\w.\])'\"])(`?)([A-Za-z_]\w*)\1{_VERB}`?(?=[-\d\[({{'\"TFN])")
_CODE = re.compile(r"`([^`\n]+)`")
_OPERAND = re.compile(r"(?:\b(?:in|not|if|of|len)|[-+*/%<>=!]) `?$")
"""Before a name: it is part of an expression, and what follows is not its value."""
_OPEN, _CLOSE = "([{", ")]}"
_ATOM = re.compile(r"-?\d[\d_]*(?:\.\d+)?(?:e[-+]?\d+)?\b|(?:True|False|None)\b|set\(\)")
_STRING = re.compile(r"[rb]?'(?:[^'\\\n]|\\.)*'|[rb]?\"(?:[^\"\\\n]|\\.)*\"")
_COMPUTED = re.compile(r"\s*(?:[-+*/%<>]|==|!=|\bif\b|\bin\b|\bnot in\b|\.\w|\[|\()")


@dataclass(frozen=True, slots=True)
class Claim:
    """What the text says a variable is."""

    name: str
    value: str
    at: int
    """Offset in the text."""


def claims(text: str, code: str, run: Trace) -> list[Claim]:
    """Every checkable claim about a variable of the run, in the order of the text."""
    names = {name for step in run.steps for name in step.changes}
    lines = {line.strip().rstrip(":") for line in code.splitlines()}
    quoted = [match.span() for match in _CODE.finditer(text) if match[1].strip().rstrip(":") in lines]
    return [
        claim
        for claim in _written(text)
        if claim.name in names and not any(start <= claim.at < end for start, end in quoted)
    ]


def _written(text: str) -> Iterator[Claim]:
    for match in _CLAIM.finditer(text):
        value = _literal_at(text, match.end())
        operand = _OPERAND.search(text, max(0, match.start() - 8), match.start())
        if value and not operand and not _COMPUTED.match(text, match.end() + len(value)):
            yield Claim(match[2], value, match.start())


def _literal_at(text: str, start: int) -> str | None:
    """The Python literal that begins at `start`, if there is one."""
    at, depth = start, 0
    while at < len(text):
        char = text[at]
        if match := _STRING.match(text, at) or _ATOM.match(text, at):
            at = match.end()
        elif char in _OPEN:
            depth, at = depth + 1, at + 1
        elif char in _CLOSE and depth:
            depth, at = depth - 1, at + 1
        elif depth and char in ", :":
            at += 1
            continue
        else:
            return None
        if not depth:
            found = text[start:at]
            return found if compare.literal(found) is not None else None
    return None


def first_false(said: list[Claim], run: Trace) -> Claim | None:
    """The first claim that the run does not bear out, or None.

    Taking for each claim the earliest moment that fits leaves the most room for those after it, so a walk is found
    where there is one.
    """
    held = _held(run)
    now = 0
    for claim in said:
        value = _key(claim.value)
        starts = [start for start, end in held.get((claim.name, value), ()) if end > now]
        if not starts:
            return claim
        now = max(now, min(starts))
    return None


def _held(run: Trace) -> dict[tuple[str, object], list[tuple[int, int]]]:
    """(variable, value) → the stretches of the run, in steps, in which some frame's variable had it."""
    end = len(run.steps) + 1
    open_: dict[tuple[int, str], tuple[int, object]] = {}
    held: dict[tuple[str, object], list[tuple[int, int]]] = {}
    for number, step in enumerate(run.steps):
        for name, text in step.changes.items():
            if before := open_.get((step.frame, name)):
                held.setdefault((name, before[1]), []).append((before[0], number))
            open_[step.frame, name] = (number, _key(text))
    for (_, name), (start, value) in open_.items():
        held.setdefault((name, value), []).append((start, end))
    return held


def _key(text: str) -> object:
    """Equal for literals of the same type and value, however they are written."""
    return compare.key(text, "function")
