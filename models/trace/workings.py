"""The workings of a line: what the operations inside its expressions were applied to, and what came out of them.

`instrument` wraps operations of a syntax tree in calls that compute the same and tell a `Workings` about it:

    out.append(10 - lst[i])        [2] 5, 10 - 5 = 5
    if x % 3 == 0:                 9 % 3 = 0, 0 == 0
    total += x                     4 + 3
    n = len(set(s)) + 1            set {'a', 'b'}, len 2, 2 + 1

An operation on numbers is told with its operands, so that looking a value up and computing with it are two steps; a
call, an index or a comparison inside a larger expression is told with its value. The value of the whole expression is
not: the step itself tells it. Evaluation order, short circuits and exceptions stay those of the program.
"""

from __future__ import annotations

import ast
import copy
import operator
from collections.abc import Callable, Iterable
from typing import Any

PREFIX = "__desk_"
SHOWN = 60
"""A longer value is not told."""
OPERAND = 16
"""A longer text operand is told by its source."""
MOST = 24
"""An expression with more workings tells none of those inside comprehensions and lambdas."""
SILENT = frozenset({"range", "enumerate", "zip", "map", "filter", "reversed", "iter", "input", "print", "str", "list",
                    "super", "isinstance"})  # fmt: skip
"""Calls whose value says nothing that the step does not say."""
NUMERIC = frozenset({"max", "min", "abs", "divmod", "pow", "round", "gcd"})
OPERATORS: dict[type[ast.AST], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("+", operator.add), ast.Sub: ("-", operator.sub), ast.Mult: ("*", operator.mul),
    ast.Div: ("/", operator.truediv), ast.FloorDiv: ("//", operator.floordiv), ast.Mod: ("%", operator.mod),
    ast.Pow: ("**", operator.pow), ast.Eq: ("==", operator.eq), ast.NotEq: ("!=", operator.ne),
    ast.Lt: ("<", operator.lt), ast.LtE: ("<=", operator.le), ast.Gt: (">", operator.gt), ast.GtE: (">=", operator.ge),
    ast.In: ("in", lambda a, b: a in b), ast.NotIn: ("not in", lambda a, b: a not in b),
}  # fmt: skip
SYMBOLS = dict(OPERATORS.values())


class Workings:
    """Collects what the wrapped operations tell; `take` empties it."""

    def __init__(self, told: Callable[[], list[tuple[str, bool]]]) -> None:
        self._told = told
        """The list of the line that is running: text, and whether it came from inside a comprehension or lambda."""

    def names(self) -> dict[str, Callable[..., Any]]:
        """What an instrumented program must find among its builtins."""
        methods = (self.binary, self.compare, self.augment, self.call, self.item, self.numbers, self.total)
        kinds = {PREFIX + kind.__name__: kind for kind in (slice, list, set, dict)}
        return kinds | {PREFIX + method.__name__: method for method in methods}

    def _tell(self, text: str, inner: bool) -> int:
        told = self._told()
        told.append((text, inner))
        return len(told) - 1

    def _result(self, at: int, value: object) -> None:
        text = plain(value)
        told = self._told()
        if at < len(told) and text is not None:
            told[at] = (f"{told[at][0]} = {text}", told[at][1])

    def binary(self, symbol: str, nested: bool, inner: bool, source: tuple[str, str], left: Any, right: Any) -> Any:
        """`left symbol right`, told if a number is involved."""
        if not (_number(left) or _number(right)):
            return SYMBOLS[symbol](left, right)
        at = self._tell(f"{_operand(left, source[0])} {symbol} {_operand(right, source[1])}", inner)
        value = SYMBOLS[symbol](left, right)
        if nested:
            self._result(at, value)
        return value

    def compare(self, symbol: str, nested: bool, inner: bool, source: tuple[str, str], left: Any, right: Any) -> Any:
        """A comparison; inside a comprehension only its left side and outcome are told."""
        text = _operand(left, source[0])
        if inner:
            value = SYMBOLS[symbol](left, right)
            self._tell(f"{text} {value}", inner)
            return value
        at = self._tell(f"{text} {symbol} {_operand(right, source[1])}", inner)
        value = SYMBOLS[symbol](left, right)
        if nested:
            self._result(at, value)
        return value

    def augment(self, symbol: str, inner: bool, old: Any, value: Any) -> Any:
        """The right side of `name op= value`."""
        if _number(old) and _number(value):
            self._tell(f"{old!r} {symbol} {value!r}", inner)
        return value

    def call(self, name: str, inner: bool, value: Any) -> Any:
        """The value of a call inside a larger expression."""
        text = plain(value)
        if text is not None:
            self._tell(f"{name} {text}", inner)
        return value

    def item(self, nested: bool, inner: bool, container: Any, index: Any) -> Any:
        """`container[index]`, told with the index."""
        text = plain(index) if not isinstance(index, slice) else _slice(index)
        at = self._tell(f"[{text}]", inner)
        value = container[index]
        if nested and (shown := plain(value)) is not None:
            told = self._told()
            told[at] = (f"{told[at][0]} {shown}", inner)
        return value

    def numbers(self, name: str, nested: bool, inner: bool, function: Any, *args: Any) -> Any:
        """A function of numbers alone, told with its arguments."""
        if not all(map(_number, args)):
            value = function(*args)
            return self.call(name, inner, value) if nested else value
        at = self._tell(f"{name}({', '.join(map(repr, args))})", inner)
        value = function(*args)
        if nested:
            self._result(at, value)
        return value

    def total(self, inner: bool, items: Iterable[Any]) -> list[Any]:
        """The argument of `sum`, told as partial sums."""
        items = list(items)
        if 1 < len(items) <= 12 and all(type(n) is int for n in items):
            self._tell("sums " + " ".join(str(sum(items[: n + 1])) for n in range(len(items))), inner)
        return items


def kept(told: list[tuple[str, bool]]) -> tuple[str, ...]:
    """The workings of a line, without those of comprehensions where there are too many."""
    crowded = len(told) > MOST
    return tuple(text for text, inner in told if not (crowded and inner))[:MOST]


def plain(value: object) -> str | None:
    """repr of a value made of builtin types alone, if it is short, sets in order of their items; None otherwise."""
    if not _builtin(value):
        return None
    try:
        text = told_set(value) if isinstance(value, set) else repr(value)
    except ValueError:  # an int over the interpreter's limit of digits
        return None
    return text if len(text) <= SHOWN else None


def told_set(value: set[Any]) -> str:
    """repr of a set with its items in order, since that of a set of texts depends on the hash seed."""
    try:
        items = sorted(value)
    except TypeError:
        items = sorted(value, key=repr)
    return "{" + ", ".join(map(repr, items)) + "}" if items else "set()"


def _builtin(value: object, depth: int = 3) -> bool:
    kind = type(value)
    if kind in (int, str, bool, float, bytes, type(None)):
        return True
    if depth and kind in (list, tuple, set, frozenset) and len(value) <= SHOWN:  # type: ignore[arg-type]
        return all(_builtin(item, depth - 1) for item in value)  # type: ignore[attr-defined]
    if depth and kind is dict and len(value) <= SHOWN:  # type: ignore[arg-type]
        return all(_builtin(k, depth - 1) and _builtin(v, depth - 1) for k, v in value.items())  # type: ignore[attr-defined]
    return False


def _number(value: object) -> bool:
    return type(value) in (int, float, bool)


def _operand(value: object, source: str) -> str:
    text = plain(value)
    return text if text is not None and (_number(value) or len(text) <= OPERAND) else source


def _slice(index: slice) -> str:
    parts = ["" if part is None else plain(part) or "…" for part in (index.start, index.stop, index.step)]
    return ":".join(parts if index.step is not None else parts[:2])


def instrument(tree: ast.Module) -> ast.Module:
    """The tree with its operations wrapped, in place; the builtins must then hold `Workings.names`."""
    _Wrapper().visit(tree)
    return ast.fix_missing_locations(tree)


class _Wrapper(ast.NodeTransformer):
    """`top` is true for an expression whose value the step tells anyway; `inner` inside comprehensions and lambdas."""

    def __init__(self) -> None:
        self.top = False
        self.inner = False

    def _in(self, node: Any, top: bool = False, inner: bool | None = None) -> Any:
        before = self.top, self.inner
        self.top, self.inner = top, self.inner if inner is None else inner
        out = self.visit(node) if node is not None else None
        self.top, self.inner = before
        return out

    def _wrap(self, node: ast.expr, name: str, *args: object) -> ast.expr:
        values = [a if isinstance(a, ast.expr) else _constant(a) for a in args]
        return ast.copy_location(ast.Call(ast.Name(PREFIX + name, ast.Load()), values, []), node)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        before, self.top = self.top, False
        super().generic_visit(node)
        self.top = before
        return node

    def _statement(self, node: Any, *fields: str) -> Any:
        for field in fields:
            setattr(node, field, self._in(getattr(node, field), top=True))
        for field, value in ast.iter_fields(node):
            if field not in fields and isinstance(value, list):
                setattr(node, field, [self.visit(item) if isinstance(item, ast.AST) else item for item in value])
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        return self._statement(node, "value")

    def visit_Return(self, node: ast.Return) -> Any:
        return self._statement(node, "value")

    def visit_Expr(self, node: ast.Expr) -> Any:
        return self._statement(node, "value")

    def visit_If(self, node: ast.If) -> Any:
        return self._statement(node, "test")

    def visit_While(self, node: ast.While) -> Any:
        return self._statement(node, "test")

    def visit_arguments(self, node: ast.arguments) -> Any:
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        symbol = OPERATORS.get(type(node.op), ("",))[0]
        node.value = self._in(node.value)
        old = _loaded(node.target)
        if symbol and old is not None:
            node.value = self._wrap(node.value, "augment", symbol, self.inner, old, node.value)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        top = self.top
        source = ast.unparse(node.left), ast.unparse(node.right)
        node = self.generic_visit(node)  # type: ignore[assignment]
        if type(node.op) not in OPERATORS:
            return node
        symbol = OPERATORS[type(node.op)][0]
        return self._wrap(node, "binary", symbol, not top, self.inner, source, node.left, node.right)

    def visit_Compare(self, node: ast.Compare) -> Any:
        top = self.top
        source = ast.unparse(node.left), ast.unparse(node.comparators[0])
        node = self.generic_visit(node)  # type: ignore[assignment]
        if len(node.ops) > 1 or type(node.ops[0]) not in OPERATORS:
            return node
        symbol = OPERATORS[type(node.ops[0])][0]
        return self._wrap(node, "compare", symbol, not top, self.inner, source, node.left, node.comparators[0])

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        top = self.top
        node.test = self._in(node.test)
        node.body, node.orelse = self._in(node.body, top), self._in(node.orelse, top)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        top = self.top
        fixed = _fixed(node.slice)
        node = self.generic_visit(node)  # type: ignore[assignment]
        if not isinstance(node.ctx, ast.Load) or (top and fixed):
            return node
        index = node.slice
        if isinstance(index, ast.Slice):
            parts = [part or ast.Constant(None) for part in (index.lower, index.upper, index.step)]
            index = ast.copy_location(ast.Call(ast.Name(PREFIX + "slice", ast.Load()), parts, []), node)
        return self._wrap(node, "item", not top, self.inner, node.value, index)

    def visit_Call(self, node: ast.Call) -> Any:
        top, name = self.top, _name(node.func)
        quiet = name in ("map", "filter", "print")  # what they are given shows in what they do
        if isinstance(node.func, ast.Attribute):
            node.func.value = self._in(node.func.value)
        node.args = [self._in(a, top=quiet and isinstance(a, ast.Call)) for a in node.args]
        for keyword in node.keywords:
            keyword.value = self._in(keyword.value)
        if name == "sum" and len(node.args) == 1 and not node.keywords:
            node.args = [self._wrap(node.args[0], "total", self.inner, node.args[0])]
        starred = any(isinstance(a, ast.Starred) for a in node.args)
        if isinstance(node.func, ast.Name) and name in NUMERIC and node.args and not node.keywords and not starred:
            return self._wrap(node, "numbers", name, not top, self.inner, node.func, *node.args)
        return node if top or name in SILENT or not name else self._wrap(node, "call", name, self.inner, node)

    def _comprehension(self, node: Any) -> Any:
        before, self.inner = self.inner, True
        first = True
        for generator in node.generators:
            generator.iter = self._in(generator.iter, inner=before if first else True)
            generator.ifs = [self._in(test) for test in generator.ifs]
            first = False
        for field in ("elt", "key", "value"):
            if hasattr(node, field):
                part = getattr(node, field)
                setattr(node, field, self._in(part, top=field != "key" and not isinstance(part, ast.BinOp)))
        self.inner = before
        return _as_generator(node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        node.body = self._in(node.body, inner=True)
        return node


def _as_generator(node: Any) -> ast.expr:
    """A comprehension as a call on a generator expression, which has a frame of its own in every version of Python.

    From 3.12 on comprehensions are inlined (PEP 709): their variables would appear among the function's.
    """
    if isinstance(node, ast.GeneratorExp) or any(part.is_async for part in node.generators):
        return node  # type: ignore[no-any-return]
    kind = {ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict"}[type(node)]
    item = ast.Tuple([node.key, node.value], ast.Load()) if kind == "dict" else node.elt
    inner = ast.copy_location(ast.GeneratorExp(item, node.generators), node)
    return ast.copy_location(ast.Call(ast.Name(PREFIX + kind, ast.Load()), [inner], []), node)


def _constant(value: Any) -> ast.expr:
    return ast.Tuple([ast.Constant(v) for v in value], ast.Load()) if isinstance(value, tuple) else ast.Constant(value)


def _name(function: ast.expr) -> str:
    return getattr(function, "id", "") or getattr(function, "attr", "")


def _fixed(index: ast.expr | None) -> bool:
    """An index or slice that is written out in the source."""
    if isinstance(index, ast.Slice):
        return all(_fixed(part) for part in (index.lower, index.upper, index.step))
    return index is None or isinstance(index, ast.Constant | ast.UnaryOp)


def _loaded(target: ast.expr) -> ast.expr | None:
    """A second reading of an assignment target, where that has no effect: `name` or `name[name or constant]`."""
    match target:
        case ast.Name() | ast.Subscript(value=ast.Name(), slice=ast.Name() | ast.Constant()):
            second = copy.deepcopy(target)
            second.ctx = ast.Load()
            return second
    return None
