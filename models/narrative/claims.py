"""Claims of the form variable = value in free text, and whether the trace bears them out.

What is checked: every place where a variable of the program is said to have a value written as a Python literal, in one
of the forms of `_FORMS`: `x = 3`, x is now [1, 2], total increases to 6, the value of x is 3, "set x to 3", x → 3. Name
and value may stand in backquotes or bold. Of `x = a + b = 9` and "goes from 0 to 9" the last value counts. The claims,
in the order of the text, must be a walk through the run: each names a value the variable held at that point of the run
or later, never one it had lost before an earlier claim came true. Calls are not told apart: a name may hold a value in
any frame.

What is not: comparisons, conditions, values in words ("the empty list"), values not written as literals, claims about
parts of a value or about expressions, and text in backquotes that is a line of the program. What can be read in two
ways is no claim.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from models.trace.types import Trace
from workers.pipeline import compare
from workers.pipeline.syntax import PARSE_ERRORS

_NAME = r"(?P<bold>(?<![^\s(,:])\*\*)?(?P<tick>`?)(?P<name>[A-Za-z_]\w*)(?P=tick)(?(bold)(?:\*\*)?)"
_LITERAL = r"(?:`|\*\*)*(?=[-\d\[({'\"TFN]|set\(\))"
_NUMBER = r"(?:`|\*\*)*(?=[-\d\[({'\"])"
"""Not True or False: what follows an arrow may be the outcome of a condition."""
_SOON = r"(?:\s+(?:now|then|still|again|also|finally|thus|therefore))*"
_ARROW = r"\s*(?:→|->)\s*"
_FROM = r"(?:\s+by\s+[^\s,;]+,?)?(?P<range>\s+from\s+(?:(?!\. )[^\n;]){1,80}?)?"
_IS = r"is|becomes?|became|has become|equals?|equall?ed|gets|takes|holds|starts|stays|remains"
_STILL = r"now|still|then|again|set|reset|updated|changed|assigned|initiali[sz]ed|equal|on|at|as|to|the value(?: of)?"
_MOVES = (
    r"increase[sd]?|decrease[sd]?|change[sd]?|grows?|grew|rises?|rose|drops?|dropped|falls?|fell|goes|went"
    r"|(?:is|was|gets) (?:now )?(?:increased|incremented|decreased|decremented|reduced|raised|changed|updated)"
)
_PUTS = (
    r"(?:re)?sets?|(?:re)?setting|updat(?:es?|ed|ing)|chang(?:es?|ed|ing)|(?:in|de)creas(?:es?|ed|ing)"
    r"|br(?:ings?|ought|inging)"
)
_FORMS = {
    "x = 3": rf"{_NAME}\s*=(?!=)\s*(?:`|\*\*)*(?P<chain>)",
    "x → 3, x: 1 → 3": rf"{_NAME}(?:\s*:\s+(?:-?[\d.]+{_ARROW})+|{_ARROW}(?:-?[\d.]+{_ARROW})*){_NUMBER}",
    "x: 3": rf"{_NAME}\s*:\s+{_LITERAL}",
    "x is now 3": rf"{_NAME}{_SOON}\s+(?:{_IS})(?:\s+(?:{_STILL}))*\s+(?P<chain>){_LITERAL}",
    "x has the value 3": rf"{_NAME}{_SOON}\s+ha[sd](?:\s+now)?\s+(?:the|a)\s+(?:new\s+)?value(?:\s+of)?\s+{_LITERAL}",
    "x increases from 1 to 3": rf"{_NAME}{_SOON}\s+(?:{_MOVES}){_FROM}(?:\s+to\s+|{_ARROW})(?P<chain>){_LITERAL}",
    "set x to 3": rf"(?:(?i:{_PUTS}))\s+{_NAME}{_FROM}(?:\s+back)?\s+to\s+(?P<chain>){_LITERAL}",
}
"""How a variable is given a value; `chain` where `= value` may follow an expression, `range` where a start precedes.

Where two forms fit at one name, the first counts."""
_CLAIMS = [re.compile(rf"(?<![\w.\])'\"])(?:{form})") for form in _FORMS.values()]
_CODE = re.compile(r"`([^`\n]+)`")
_VALUE_OF = re.compile(r"\bthe\s+(?:(?:new|current|updated|final|resulting)\s+)?value\s+of\s+$", re.I)
_OPERAND = re.compile(
    r"(?:\b(?:in|not|if|of|len|whether|unless|until|while|would|could|should|might|never|half|twice|double|suppose|assume"
    r"|assuming)\s+|\S[ \t]*(?:[-+*/%<=!]|(?<![-=])>)[ \t]*)$",
    re.I,
)
"""Before a name: it is part of an expression or of a condition, and what follows is not its value."""
_OPEN, _CLOSE = "([{", ")]}"
_ATOM = re.compile(r"-?\d[\d_]*(?:\.\d+)?(?:e[-+]?\d+)?\b|(?:True|False|None)\b|set\(\)")
_STRING = re.compile(r"[rb]?'(?:[^'\\\n]|\\.)*'|[rb]?\"(?:[^\"\\\n]|\\.)*\"")
_CLOSED = re.compile(r"(?:`|\*\*(?![\w(]))*")
_COMPUTED = re.compile(
    r"[ \t]*(?:-(?!>)|[+*/%<>×÷−]|==|!=|\bif\b|\bnot in\b"
    r"|\bin\b(?! (?:the|this|that|round|iteration|step|every|each)\b))"
    r"|\.\w|\[|\(|, ?[-\d\[({'\"]"
    r"|\s+(?:would|could|might|more|less|times|or|elements?|items?|characters?|digits?|entries|steps|rounds|values)\b"
)
"""After a literal: it is not the whole value, or not a fact."""
_BOUND = re.compile(r"\s*(?::|,?\s*\(?(?:exclusive|inclusive|not included))")
"""After "from 0 to 9": a loop is announced, or 9 is not reached."""
_EQUALS = re.compile(r"[`\s]*(?<![-=<>!+*/%:|&^])=(?!=)\s*(?:`|\*\*)*")
_LONGEST = 200
"""Characters of an expression before `= value`."""
_SIGNS = str.maketrans("×÷−", "*/-", "`")


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
    """What is written as a claim, in the order in which the names stand; one claim for each place of a name."""
    found: dict[int, Claim] = {}
    for form in _CLAIMS:
        for match in form.finditer(text):
            groups = match.groupdict()
            value = _value(text, match.end(), "chain" in groups)
            if value is None or _supposed(text, match.start()):
                continue
            literal, end = value
            if groups.get("range") and _BOUND.match(text, end):
                continue
            at = match.start("name")
            found.setdefault(at, Claim(match["name"], literal, at))
    return iter(sorted(found.values(), key=lambda claim: claim.at))


def _supposed(text: str, start: int) -> bool:
    """Whether what stands before a claim makes it one about an expression, or a condition."""
    of = _VALUE_OF.search(text, max(0, start - 40), start)
    start = of.start() if of else start
    return _OPERAND.search(text, max(0, start - 16), start) is not None


def _value(text: str, at: int, chain: bool) -> tuple[str, int] | None:
    """The literal at `at`, or the last one of a chain `expression = literal`, and where it ends."""
    found = None
    while True:
        literal = _literal_at(text, at)
        end = _CLOSED.match(text, at + len(literal)).end() if literal else at  # type: ignore[union-attr]
        if literal and not _COMPUTED.match(text, end):
            found = literal, end
            goes_on = _EQUALS.match(text, end)
        else:
            goes_on = _EQUALS.search(text, at, at + _LONGEST)
            if chain and goes_on and not _expression(text[at : goes_on.start()]):
                return found
        if not chain or not goes_on:
            return found
        at = goes_on.end()


def _expression(text: str) -> bool:
    """Whether text between two `=` is one expression, and not prose that happens to parse."""
    if "\n" in text:
        return False
    try:
        tree = ast.parse(text.translate(_SIGNS).strip(), mode="eval").body
    except PARSE_ERRORS:
        return False
    return isinstance(tree, ast.Name | ast.BinOp | ast.UnaryOp | ast.Call | ast.Subscript | ast.Attribute)


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
