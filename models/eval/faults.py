"""Where a narrative first parts from the true one, and what was being told there.

Both are compact narratives (`models.narrative.compact`): a line for each step, the source line and behind `  # ` its
note, whose parts are told from left to right. What comes after the first fault says little, since it follows from it.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from models.eval.breakdown import METHODS, NAMED
from workers.pipeline.syntax import PARSE_ERRORS

Kind = Literal["arguments", "source", "path", "working", "value", "outcome", "none"]
KINDS: dict[Kind, str] = {
    "arguments": "the values the function is given are copied wrong",
    "path": "another step is told than the one that comes, or it is not told to its end, or there is one too many",
    "source": "the line that runs is copied wrong",
    "working": "a part of an expression comes to something else",
    "value": "what is assigned, returned, printed or decided is something else",
    "outcome": "every step is true, the outcome is not",
    "none": "all is as it was",
}
"""Each kind of fault and what it means, in the order in which they can come up."""
NOTE = "  # "
_NAMES = METHODS | {name for name in dir(builtins) if name.islower()}
_WORD = re.compile(r"[A-Za-z_]\w*")
_BRACKET = re.compile(r"\[([^][,]*)\]:? (?![=\]])")
"""`[1:] 'bc'` tells a slice, `[2] 5` and `[2]: 0:1 1:4 2:5` an index; `[1, 2]` and `[1] = …` are lists."""
_STRING = re.compile(r"[rbf]?'(?:[^'\\]|\\.)*(?:'|$)|[rbf]?\"(?:[^\"\\]|\\.)*(?:\"|$)")
_OPERATOR = re.compile(r" (not in|in|is|and|or|//|\*\*|==|!=|<=|>=|<<|>>|[-+*/%<>&|^]) ")
_SAID = re.compile(r"[^\W\d]\w*(?:\.\w+)* = |prints |(?:True|False)$")
"""The start of a part that tells what the whole step did: an assignment, a print, which way a branch went."""
_OPEN, _CLOSE = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Fault:
    """The first place where two narratives differ."""

    kind: Kind
    line: int = 0
    """Step of the true narrative, from 1; 0 where no step is wrong."""
    operation: str = ""
    """A method, builtin, operator, `index`, `slice` or construct: what was being told, or what a value comes of."""
    true: str = ""
    """The true line; empty where the run was over."""
    told: str = ""
    """The line that stands in its place; empty where the narrative was over."""

    @property
    def at(self) -> int:
        """Characters that the two lines have in common at their start."""
        return common(self.true, self.told)


def first_fault(told: str, true: str, code: str, right: bool) -> Fault:
    """The first fault of `told`; `right` says whether the outcome told after it is the true one.

    `code` is the program in the layout that the prompt showed.
    """
    own = {line.strip() for line in code.split("\n")}
    lines = _lines(told)
    for number, (said, is_) in enumerate(zip_longest(lines, _lines(true)), 1):
        if said == is_:
            continue
        if said is None or is_ is None:
            return Fault("path", number, "ends early" if said is None else "goes on", is_ or "", said or "")
        if number == len(lines) and is_.startswith(said):  # cut off in the line, as by a limit of tokens
            return Fault("path", number, "ends early", is_, said)
        return _fault(said, is_, own, number)
    return Fault("none" if right else "outcome")


def _lines(narrative: str) -> list[str]:
    return narrative.strip("\n").split("\n") if narrative.strip("\n") else []


def _fault(told: str, true: str, own: Collection[str], number: int) -> Fault:
    source, note = _apart(true, own)
    if not (told == source or told.startswith(source + NOTE)):
        elsewhere = _apart(told, own)[0] in own
        return Fault("path" if elsewhere else "source", number, "another line" if elsewhere else "", true, told)
    said = told[len(source) + len(NOTE) :]
    if number == 1 and source.startswith("def "):
        return Fault("arguments", number, "", true, told)
    operation = _part(note, common(said, note))
    return Fault("working" if operation else "value", number, operation or outermost(source), true, told)


def _apart(line: str, own: Collection[str]) -> tuple[str, str]:
    """Source line and note. The longest source line of the program counts, since one may hold ` # ` in a text."""
    fitting = [source for source in own if line == source or line.startswith(source + NOTE)]
    source = max(fitting, key=len, default=line.split(NOTE, 1)[0])
    return source, line[len(source) + len(NOTE) :]


def common(a: str, b: str) -> int:
    """Length of the longest common start of two texts."""
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _part(note: str, at: int) -> str:
    """The operation that the part of a true note at position `at` tells of; empty where it tells what the step did."""
    at += 2 * note.startswith(", ", at)  # the note ended where this part would begin
    starts = [0, *_commas(note)]
    start = max(n for n in starts if n <= at)
    end = min((n for n in starts if n > at), default=len(note) + 2) - 2
    part = note[start:end]
    if _SAID.match(part):
        return ""
    return _operation(part) or ("" if end >= len(note) else "value")


def _operation(part: str) -> str:
    """The method, builtin or operator that a part tells of; empty where it is a bare value."""
    if part.startswith("raises "):
        return "raises"
    bare = _STRING.sub("''", part)
    if bracket := _BRACKET.match(bare):
        return "slice" if ":" in bracket[1] else "index"
    words = ["sum" if word == "sums" else word for word in _WORD.findall(bare)]
    if words and words[0] in _NAMES and bare[0].isalpha():  # what is done comes first, or behind what it is done to
        return words[0]
    operator = _OPERATOR.search(bare)
    return operator[1] if operator else next((word for word in words if word in _NAMES), "")


def outermost(source: str) -> str:
    """What the value comes of that a line assigns, returns, prints or decides by; `copy`: of a name or a literal."""
    text = source.removeprefix("el") if source.startswith("elif ") else source
    try:
        (statement,) = ast.parse(text + (" pass" if text.endswith(":") else "")).body
    except PARSE_ERRORS:  # of what is no statement, or several
        return "other"
    parts = [getattr(statement, name, None) for name in ("value", "test", "iter")]
    node = next((part for part in parts if isinstance(part, ast.expr)), None)
    if isinstance(statement, ast.AugAssign):
        return _sign(statement.op)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print" and node.args:
        node = node.args[0]
    return _called(node)


def _called(node: ast.expr | None) -> str:
    match node:
        case ast.Call(func=ast.Attribute(attr=name)) | ast.Call(func=ast.Name(id=name)):
            return name
        case ast.Name() | ast.Constant() | ast.UnaryOp(operand=ast.Constant()):
            return "copy"
        case ast.BinOp(op=op) | ast.UnaryOp(op=op) | ast.BoolOp(op=op):
            return _sign(op)
        case ast.Compare(ops=[op, *_]):
            return _sign(op)
        case ast.Subscript(slice=ast.Slice()):
            return "slice"
        case ast.Subscript():
            return "index"
    return NAMED.get(type(node), type(node).__name__.lower()) if node else "other"


def _sign(op: ast.operator | ast.cmpop | ast.boolop | ast.unaryop) -> str:
    """How an operator is written."""
    a, b = ast.Name("a"), ast.Name("b")
    match op:
        case ast.operator():
            text = ast.unparse(ast.BinOp(a, op, b))
        case ast.cmpop():
            text = ast.unparse(ast.Compare(a, [op], [b]))
        case ast.boolop():
            text = ast.unparse(ast.BoolOp(op, [a, b]))
        case ast.unaryop():
            text = ast.unparse(ast.UnaryOp(op, b))
    return text.removeprefix("a").removesuffix("b").strip()


def _commas(note: str) -> Iterator[int]:
    """Where parts begin: after each comma that is in no text and no bracket."""
    at = depth = 0
    while at < len(note):
        if match := _STRING.match(note, at):
            at = match.end()
            continue
        depth += (note[at] in _OPEN) - (note[at] in _CLOSE)
        if depth <= 0 and note.startswith(", ", at):
            yield at + 2
        at += 1
