"""Is one output the same as another? For predicted outputs at inference and for true ones in training and evaluation.

Knows values, not where they come from; nothing is evaluated but literals.
"""

from __future__ import annotations

import ast
import math
import threading
import warnings
from typing import Literal, TypeGuard

from workers.pipeline.syntax import PARSE_ERRORS
from workers.pipeline.types import Io

MAX_LITERAL = 100_000
"""Characters of one literal; longer text is compared as text."""
_PARSING = threading.Lock()
"""Threads that grade take turns: the filters of warnings and, in CPython 3.11, the depth that is counted while a tree
is built (gh-106905: SystemError) belong to the whole process."""


def matches(
    got: str, expected: str, io: Io, checker: Literal["exact", "tokens"] = "exact", tol: float | None = None
) -> bool:
    """Whether `got` counts as `expected`. Never raises on text.

    `function`: both as Python literals, equal in value and, all the way down, in type (`True != 1 != 1.0`, nan == nan,
    dict order ignored); text that is no literal must be equal up to surrounding blanks. `stdio`: by lines, right ends
    and trailing blank lines ignored, or with `checker="tokens"` by whitespace-separated tokens. With `tol`, finite
    numbers may differ by `tol * max(1, |expected|)`.
    """
    if io == "function":
        return _literals_match(got, expected, tol)
    if checker == "tokens":
        return _rows_match([got.split()], [expected.split()], tol)
    if tol is None:
        return lines(got) == lines(expected)
    return _rows_match([row.split() for row in lines(got)], [row.split() for row in lines(expected)], tol)


def lines(text: str) -> list[str]:
    """Standard output as it is compared: CRLF folded, lines without their right blanks, no blank lines at the end."""
    return [line.rstrip() for line in text.replace("\r\n", "\n").rstrip().split("\n")]


def key(output: str, io: Io) -> object:
    """A hashable value, equal for outputs that mean the same: what votes are counted by."""
    if io == "stdio":
        return tuple(lines(output))
    parsed = literal(output)
    return _frozen(_canonical(parsed[0])) if parsed else output.strip()


def literal(text: str) -> tuple[object] | None:
    """The value a literal stands for, in a 1-tuple (None is a value too), or None if the text is no literal.

    `nan`, `inf` and `float('inf')` count as literals: they are how programs and benchmarks write those numbers.
    """
    if len(text) > MAX_LITERAL:
        return None
    try:
        with _PARSING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = _Floats().visit(ast.parse(text.strip(), mode="eval"))
        value = ast.literal_eval(tree)
        _canonical(value)  # too deep to compare is too deep to be a value
        return (value,)
    except (*PARSE_ERRORS, TypeError):  # TypeError: a list as a dict key
        return None


class _Floats(ast.NodeTransformer):
    """Writes the names of the three special floats as constants."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(float(node.id)) if node.id in ("nan", "inf") else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        match node:
            case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value=str(text))], keywords=[]):
                if text.strip("+-").lower() in ("nan", "inf", "infinity"):
                    return ast.Constant(float(text))
        return node


def _literals_match(got: str, expected: str, tol: float | None) -> bool:
    left, right = literal(got), literal(expected)
    if left is None or right is None:
        return got.strip() == expected.strip()
    if tol is None:
        return _canonical(left[0]) == _canonical(right[0])
    return _close(left[0], right[0], tol)


def _canonical(value: object) -> tuple[str, object]:
    """The value with every type spelled out, so that `==` on the result compares types too, and nan equals nan."""
    kind = type(value).__name__
    if isinstance(value, list):
        return (kind, [_canonical(item) for item in value])
    if isinstance(value, tuple):
        return (kind, tuple(_canonical(item) for item in value))
    if isinstance(value, set):
        return (kind, frozenset(_canonical(item) for item in value))
    if isinstance(value, dict):
        return (kind, {_canonical(k): _canonical(v) for k, v in value.items()})
    return (kind, "nan" if _is_nan(value) else value)


def _frozen(canonical: tuple[str, object]) -> tuple[str, object]:
    """A canonical value made hashable."""
    kind, content = canonical
    if isinstance(content, dict):
        return (kind, frozenset((name, _frozen(value)) for name, value in content.items()))
    if isinstance(content, list | tuple):
        return (kind, tuple(_frozen(item) for item in content))
    return canonical


def _close(got: object, want: object, tol: float) -> bool:
    if _is_number(got) and _is_number(want):
        return _number_close(got, want, tol)
    if type(got) is not type(want):
        return False
    if isinstance(got, list | tuple) and isinstance(want, list | tuple):
        return len(got) == len(want) and all(_close(g, w, tol) for g, w in zip(got, want, strict=True))
    if isinstance(got, dict) and isinstance(want, dict):
        same_keys = _canonical(set(got)) == _canonical(set(want))
        return same_keys and all(_close(got[name], want[name], tol) for name in want)
    return _canonical(got) == _canonical(want)


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number_close(got: float, want: float, tol: float) -> bool:
    if got == want or (_is_nan(got) and _is_nan(want)):
        return True
    try:
        return math.isfinite(got) and math.isfinite(want) and abs(got - want) <= tol * max(1.0, abs(want))
    except OverflowError:  # an int beyond the floats: only equality, seen above, makes it right
        return False


def _rows_match(got: list[list[str]], expected: list[list[str]], tol: float | None) -> bool:
    if [len(row) for row in got] != [len(row) for row in expected]:
        return False
    pairs = zip((t for row in got for t in row), (t for row in expected for t in row), strict=True)
    return all(g == e or (tol is not None and _tokens_close(g, e, tol)) for g, e in pairs)


def _tokens_close(got: str, want: str, tol: float) -> bool:
    """Tokens as finite numbers; `nan`, `inf` and 1_000 are words here."""
    try:
        pair = float(got), float(want)
    except ValueError:
        return False
    plain = "_" not in got + want and all(math.isfinite(number) for number in pair)
    return plain and _number_close(*pair, tol)
