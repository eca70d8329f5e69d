"""Wrapping the operations of a program so that they tell their workings: a transformation of the syntax tree.

Evaluation order, short circuits and exceptions stay those of the program; what the wrapped calls do is `workings.py`'s.
"""

from __future__ import annotations

import ast
from typing import Any

from models.trace import spelled, stepped
from models.trace.nodes import LOAD, annotate, as_generator, call, constant, name_of, text, where, written_out

SILENT = frozenset({"range", "enumerate", "zip", "map", "filter", "reversed", "iter", "input", "print", "str", "list",
                    "super", "isinstance"})  # fmt: skip
"""Calls whose value says nothing that the step does not say."""
NUMERIC = frozenset({"max", "min", "abs", "divmod", "pow", "round", "gcd"})
OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in",
    ast.NotIn: "not in",
}  # fmt: skip


LEAVES = frozenset({
    ast.Name, ast.Constant, ast.Load, ast.Store, ast.Del, ast.And, ast.Or, ast.Not, ast.USub, ast.alias, ast.arguments,
    ast.Pass, ast.Break, ast.Continue, ast.Global, ast.Nonlocal, ast.Import, ast.ImportFrom, *OPERATORS,
})  # fmt: skip
"""Nodes without anything to wrap inside them."""
VIEWED = frozenset({"items", "keys", "values"})
OF_ONE = frozenset({"ord", "chr", "int", "float", "len"})
"""Functions that are told with their argument inside comprehensions, in smaller steps; so are these methods."""
OF_OTHERS = frozenset({"enumerate", "zip", "reversed"})
"""Functions that give a loop what others have."""
OF_TEXTS = frozenset(name for name in dir(str) if not name.startswith("_"))


def instrument(tree: ast.Module) -> ast.Module:
    """The tree with its operations wrapped, in place; the builtins must then hold `Workings.names`."""
    _Wrapper().visit(tree)
    return tree


def instrument_spelled(tree: ast.Module) -> ast.Module:
    """As `instrument`, for the names of a `Speller`."""
    _SpelledWrapper().visit(tree)
    return tree


def instrument_stepped(tree: ast.Module) -> ast.Module:
    """As `instrument`, for the names of a `Stepper`."""
    _SteppedWrapper().visit(tree)
    return tree


class _Wrapper(ast.NodeTransformer):
    """`top` is true for an expression whose value the step tells anyway; `inner` inside comprehensions and lambdas."""

    TOLD_ITEMS: tuple[type[ast.expr], ...] = (ast.BinOp,)
    """What an item of a comprehension is computed by, where its value is told."""

    def __init__(self) -> None:
        self.top = False
        self.inner = False
        self.watched = False
        """In the body of a class whose names a metaclass may keep in a mapping of the program's: it would be asked for
        ours too, so nothing is wrapped."""

    def _in(self, node: Any, top: bool = False, inner: bool | None = None) -> Any:
        before = self.top, self.inner
        self.top, self.inner = top, self.inner if inner is None else inner
        out = self.visit(node) if node is not None else None
        self.top, self.inner = before
        return out

    def visit(self, node: ast.AST) -> Any:
        if type(node) in LEAVES:
            return node
        bare = self.watched and isinstance(node, ast.expr) and type(node) is not ast.Lambda
        return self.generic_visit(node) if bare else super().visit(node)

    def _wrap(self, node: ast.expr, name: str, *args: object) -> ast.Call:
        values = [a if isinstance(a, ast.expr) else constant(a, node) for a in args]
        return call(name, values, node)

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

    def visit_FunctionDef(self, node: Any) -> Any:
        args = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg)
        annotate(node, node.returns, *(arg.annotation for arg in args if arg is not None))
        return self._body(node, watched=False)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        return self._body(node, watched=bool(node.bases or node.keywords))

    def _body(self, node: Any, watched: bool) -> Any:
        body, node.body = node.body, []
        self._statement(node)  # what is not of the body: decorators, bases
        before, self.watched = self.watched, watched
        node.body = [self.visit(part) for part in body]
        self.watched = before
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        annotate(node, node.annotation)
        node.target, node.value = self._in(node.target), self._in(node.value)
        return node

    def visit_match_case(self, node: ast.match_case) -> Any:
        node.guard = self._in(node.guard)
        return self._statement(node)  # a pattern may hold no calls

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        symbol = "" if self.watched else OPERATORS.get(type(node.op), "")
        node.value = self._in(node.value)
        match node.target:
            case ast.Name(id=name) if symbol:
                old = ast.Name(name, LOAD, **where(node.target))
                node.value = self._wrap(node.value, "augment", symbol, self.inner, old, node.value)
            case ast.Subscript(value=ast.Name() as container, slice=ast.Name() | ast.Constant()) if symbol:
                node.target.value = self._wrap(container, "place", self.inner, container)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        top = self.top
        source = text(node.left), text(node.right)
        node = self.generic_visit(node)  # type: ignore[assignment]
        if type(node.op) not in OPERATORS:
            return node
        symbol = OPERATORS[type(node.op)]
        return self._wrap(node, "binary", symbol, not top, self.inner, source, node.left, node.right)

    def visit_Compare(self, node: ast.Compare) -> Any:
        top = self.top
        source = text(node.left), text(node.comparators[0])
        node = self.generic_visit(node)  # type: ignore[assignment]
        if len(node.ops) > 1 or type(node.ops[0]) not in OPERATORS:
            return node
        symbol = OPERATORS[type(node.ops[0])]
        return self._wrap(node, "compare", symbol, not top, self.inner, source, node.left, node.comparators[0])

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        top = self.top
        node.test = self._in(node.test)
        node.body, node.orelse = self._in(node.body, top), self._in(node.orelse, top)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        top = self.top
        fixed = written_out(node.slice)
        node = self.generic_visit(node)  # type: ignore[assignment]
        if not isinstance(node.ctx, ast.Load):
            return node
        return self._written_item(node) if top and fixed else self._item("item", node, not top)

    def _item(self, name: str, node: ast.Subscript, *facts: bool) -> ast.expr:
        index = node.slice
        if isinstance(index, ast.Slice):
            parts = [part or constant(None, node) for part in (index.lower, index.upper, index.step)]
            index = call("slice", parts, node)
        return self._wrap(node, name, *facts, self.inner, node.value, index)

    def _written_item(self, node: ast.Subscript) -> ast.expr:
        """An index that the source shows, of a value that the step tells."""
        return node

    def _operands(self, node: ast.Call) -> None:
        quiet = name_of(node.func) in ("map", "filter", "print")  # what they are given shows in what they do
        if isinstance(node.func, ast.Attribute):
            node.func.value = self._in(node.func.value)
        node.args = [self._in(a, top=quiet and isinstance(a, ast.Call)) for a in node.args]
        for keyword in node.keywords:
            keyword.value = self._in(keyword.value)

    def visit_Call(self, node: ast.Call) -> Any:
        top, name = self.top, name_of(node.func)
        self._operands(node)
        starred = any(map(_starred, node.args))
        if isinstance(node.func, ast.Name) and node.args and not node.keywords and not starred:
            if name in NUMERIC:
                return self._wrap(node, "numbers", name, not top, self.inner, node.func, *node.args)
            if name == "sum" and len(node.args) == 1:
                node.args = [self._wrap(node.args[0], "total", self.inner, node.func, node.args[0])]
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
                setattr(node, field, self._in(part, top=field != "key" and not isinstance(part, self.TOLD_ITEMS)))
        self.inner = before
        return as_generator(node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        before, self.watched = self.watched, False
        node.body = self._in(node.body, inner=True)
        self.watched = before
        return node


class _SpelledWrapper(_Wrapper):
    """Wraps calls together with their function, so that what it is called on is known."""

    METHODS = frozenset(name for _, name in spelled.METHODS)
    TOLD_ITEMS = (ast.BinOp, ast.Call, ast.Subscript)

    def visit_For(self, node: ast.For) -> Any:
        viewed = isinstance(node.iter, ast.Call) and name_of(node.iter.func) in VIEWED
        return self._statement(node, "iter") if viewed else self.generic_visit(node)  # each round tells its items

    def _written_item(self, node: ast.Subscript) -> ast.expr:
        return self._item("written_item", node)

    def visit_Call(self, node: ast.Call) -> Any:
        name = name_of(node.func)
        if not self._spells(node, name):
            return super().visit_Call(node)
        top = self.top
        self._operands(node)
        call = self._wrap(node, "spelled_call", name, not top, self.inner, node.func, *node.args)
        call.keywords = node.keywords
        return call

    def _spells(self, node: ast.Call, name: str) -> bool:
        if any(map(_starred, node.args)) or any(word.arg is None for word in node.keywords):
            return False
        if isinstance(node.func, ast.Name):
            alone = len(node.args) == 1
            return alone and (name in spelled.FUNCTIONS or (self.inner and name in OF_ONE))
        return isinstance(node.func, ast.Attribute) and (
            name in self.METHODS or (not self.top and name in VIEWED) or (self.inner and name in OF_TEXTS)
        )


class _SteppedWrapper(_SpelledWrapper):
    """Wraps what loops go over, so that each round can tell what lies ahead."""

    METHODS = frozenset(name for _, name in stepped.METHODS)

    def visit_For(self, node: ast.For) -> Any:
        if self.watched:
            return super().visit_For(node)
        match node.iter:
            case ast.Call(ast.Name(id=name) as made, of, []) if name in OF_OTHERS and not any(map(_starred, of)):
                node.iter = self._wrap(node.iter, "loop_of", made, *map(self._in, of))
                return self._statement(node)
        node = super().visit_For(node)
        node.iter = self._wrap(node.iter, "loop", node.iter)
        return node


def _starred(node: ast.expr) -> bool:
    return isinstance(node, ast.Starred)
