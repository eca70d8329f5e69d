"""What an expression of a program gives, as far as its input is concerned, and what it reads."""

from __future__ import annotations

import ast
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from models.programs.stdin.hints import reads
from models.programs.stdin.lines import Line, Word
from models.programs.stdin.reader import Order, Reader
from models.programs.stdin.things import UNKNOWN, Computed, Frame, Named, Number, Words

STEPS = 4000
"""Statements and expressions that one walk looks at; what is read after them is not guessed."""
DEPTH = 8
"""Calls of the program's own functions that are followed into each other."""
NUMBERS = {"int": "int", "float": "float", "Decimal": "float", "Fraction": "int", "complex": "float"}
SAME_ITEMS = {"list", "tuple", "sorted", "set", "frozenset", "reversed", "iter", "deque"}
ENDS = {"exit", "quit", "_exit"}
ARITHMETIC: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}  # fmt: skip
ORDERS: dict[type[ast.cmpop], Order] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip
Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
Function = ast.FunctionDef | ast.Lambda


class Stopped(Exception):
    """The walk is over: the program ends, or too much was looked at."""


class Expressions(ABC):
    """Walks expressions; `block`, which walks statements, comes from `models.programs.stdin.guess`."""

    def __init__(self, tree: ast.Module, reader: Reader) -> None:
        self.reader = reader
        self.left = STEPS
        self.frames = [Frame({"__name__": "__main__", "input": Named("readline")})]
        self.last = False
        """Whether the running round of an open loop is to be its last."""
        self.methods = {
            method.name: method
            for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
            for method in node.body if isinstance(method, ast.FunctionDef)
        }  # fmt: skip

    @abstractmethod
    def block(self, body: Sequence[ast.stmt]) -> tuple[str, Any]:
        """Walk statements; how they were left: '', 'break', 'continue' or 'return' with its value."""

    def step(self) -> None:
        """Count what was looked at. Raises Stopped at the limit."""
        self.left -= 1
        if self.left < 0:
            raise Stopped

    def name(self, name: str) -> Any:
        """The value of a name in the running call."""
        return self.frames[-1].names.get(name, self.frames[0].names.get(name, UNKNOWN))

    def assign(self, target: ast.expr | None, value: Any) -> None:
        """Bind a target of an assignment or loop."""
        match target:
            case ast.Name(id=name):
                frame = self.frames[0] if name in self.frames[-1].shared else self.frames[-1]
                frame.names[name] = value
            case ast.Attribute():
                self.frames[0].names[ast.unparse(target)] = value
            case ast.Tuple(elts=elts) | ast.List(elts=elts):
                star = next((at for at, part in enumerate(elts) if isinstance(part, ast.Starred)), None)
                for part, item in zip(elts, self.reader.unpacked(value, len(elts), star), strict=True):
                    self.assign(part.value if isinstance(part, ast.Starred) else part, item)
            case ast.Subscript():
                self.value(target.value)
                self.value(target.slice)

    def value(self, node: ast.AST | None) -> Any:
        """What an expression gives, as far as it is understood; what it reads comes to be."""
        self.step()
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self.name(name)
            case ast.Lambda():
                return node
            case ast.Tuple(elts=elts) | ast.List(elts=elts):
                return [self.value(part) for part in elts]
            case ast.Starred():
                return self.value(node.value)
        follow = FOLLOWED.get(type(node)) if node else None
        return follow(self, node) if follow else self.parts(node)

    def parts(self, node: ast.AST | None) -> Any:
        """Walk the parts of an expression whose own value is not followed."""
        for child in ast.iter_child_nodes(node) if node else ():
            if isinstance(child, ast.expr):
                self.value(child)
        return UNKNOWN

    def attribute(self, node: ast.Attribute) -> Any:
        """`sys.stdin` and what it has; other attributes by the text that they were assigned under."""
        if node.attr in ("stdin", "__stdin__"):
            return Named("stdin")
        of = self.value(node.value)
        if isinstance(of, Named) and of.name == "stdin":
            return of if node.attr == "buffer" else Named(node.attr)
        return self.name(ast.unparse(node))

    def arithmetic(self, node: ast.BinOp) -> Any:
        """Arithmetic with two operands."""
        return self.computed(node.op, self.value(node.left), self.value(node.right))

    def computed(self, op: ast.operator, left: Any, right: Any) -> Any:
        """Arithmetic, put off while a number is not drawn."""
        of = ARITHMETIC.get(type(op))
        if of is None or not all(isinstance(part, int | Number | Computed) for part in (left, right)):
            return UNKNOWN
        made = Computed(of, left, right)
        return self.reader.count(made) if isinstance(left, int) and isinstance(right, int) else made

    def either(self, node: ast.IfExp) -> Any:
        """A conditional expression."""
        return self.value(node.body if self.decide(node.test, self.reader.rng.random() < 0.5) else node.orelse)

    def named(self, node: ast.NamedExpr) -> Any:
        """`name := value`."""
        value = self.value(node.value)
        self.assign(node.target, value)
        return value

    def negative(self, node: ast.UnaryOp) -> Any:
        """A sign; other operators give nothing that is followed."""
        value = self.value(node.operand)
        return -value if isinstance(node.op, ast.USub) and isinstance(value, int) else UNKNOWN

    def subscript(self, node: ast.Subscript) -> Any:
        """An index or slice."""
        of = self.value(node.value)
        if isinstance(node.slice, ast.Slice):
            bounds = (node.slice.lower, node.slice.upper)
            low, high = (self.reader.count(self.value(bound)) if bound else None for bound in bounds)
            return self.reader.part(of, low, high)
        index = self.value(node.slice)
        self.reader.looked_up(index)
        place = self.reader.count(index)
        return UNKNOWN if place is None else self.reader.at(of, place)

    def comparison(self, node: ast.Compare) -> Any:
        """A comparison whose outcome decides nothing."""
        for value in [self.value(part) for part in (node.left, *node.comparators)]:
            self.reader.looked_up(value)
        return UNKNOWN

    # calls

    def call(self, node: ast.Call) -> Any:
        """A call: of what reads, of a function of the program, or of a builtin."""
        if isinstance(node.func, ast.Attribute):
            return self.method(node, node.func)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        target = self.name(name) if name else self.value(node.func)
        if isinstance(target, Named):
            return self.reading(target.name, self.given(node))
        if isinstance(target, Function):
            return self.own(target, self.given(node))
        if isinstance(target, ast.ClassDef):
            init = self.methods.get("__init__")
            return self.own(init, [UNKNOWN, *self.given(node)]) if init in target.body else self.parts(node)
        if name in ENDS:
            raise Stopped
        if name == "open" and reads(node):
            return Named("stdin")
        if name == "map" and len(node.args) == 2:
            of = self.value(node.args[1])
            return self.reader.mapped(lambda item: self.applied(node.args[0], item), of)
        return self.builtin(name, self.given(node))

    def given(self, node: ast.Call) -> list[Any]:
        """The arguments that are given by position; those by name are walked too."""
        values = [self.value(arg) for arg in node.args]
        for keyword in node.keywords:
            self.value(keyword.value)
        return values

    def reading(self, name: str, given: Sequence[Any]) -> Any:
        """What a call of one of the ways to read gives."""
        match name:
            case "readline":
                return self.reader.line()
            case "readlines":
                return self.reader.method(Named("all"), "splitlines", ())
            case "read":
                return Named("all")
            case "all" | "stdin":
                return UNKNOWN
        return self.reader.method(Named("stdin"), name, given)

    def builtin(self, name: str, given: Sequence[Any]) -> Any:
        """A call of a builtin, or of what the walk does not know."""
        first = given[0] if given else UNKNOWN
        if name in NUMBERS and len(given) == 1:
            return self.reader.numbered(first, NUMBERS[name])
        if name == "range":
            return self.ranged(given)
        if name == "next":
            return self.reader.following(first)
        if name == "enumerate":
            return [[at, self.reader.taken(item)] for at, item in enumerate(self.reader.items(first, True))]
        if name == "iter" and len(given) == 2:
            return self.until(first, given[1])
        if name in SAME_ITEMS:
            return self.reader.letters(first) if isinstance(first, Line) else first
        return first if name == "str" and isinstance(first, Line | Word) else UNKNOWN

    def ranged(self, given: Sequence[Any]) -> Any:
        """`range`: what it counts to is small."""
        counts = [self.reader.count(value) for value in given]
        known = [self.reader.rng.randint(1, 4) if value is None else value for value in counts]
        return range(*known) if 0 < len(known) < 3 or (len(known) == 3 and known[2]) else UNKNOWN

    def until(self, read: Any, end: Any) -> list[Any]:
        """Lines up to the one that ends them: `iter(input, 'end')`."""
        if not isinstance(read, Named | ast.Lambda):
            return [UNKNOWN]
        lines = [self.reader.line() for _ in range(self.reader.rng.randint(1, 4))]
        self.reader.line().rest.made = end.rstrip("\n") if isinstance(end, str) else str(end)
        return lines

    def applied(self, function: ast.expr, value: Any) -> Any:
        """A function, applied to one value."""
        if isinstance(function, ast.Name) and function.id in NUMBERS:
            return self.reader.numbered(value, NUMBERS[function.id])
        target = self.value(function)
        return self.own(target, [value]) if isinstance(target, Function) else value

    def method(self, node: ast.Call, func: ast.Attribute) -> Any:
        """A call of a method."""
        if func.attr in ENDS:
            raise Stopped
        of = self.value(func.value)
        if isinstance(of, Named) and of.name == "stdin":
            return of if func.attr == "buffer" else self.reading(func.attr, self.given(node))
        if func.attr in self.methods:
            return self.own(self.methods[func.attr], [UNKNOWN, *self.given(node)])
        kept = self.name(ast.unparse(func)) if of is UNKNOWN else UNKNOWN
        given = self.given(node)
        if isinstance(kept, Named):
            return self.reading(kept.name, given)
        if func.attr in ("get", "index", "count"):
            for value in given[:1]:
                self.reader.looked_up(value)
        return self.reader.method(of, func.attr, given)

    def own(self, function: Function | None, given: list[Any]) -> Any:
        """A call of one of the program's own functions."""
        if function is None or len(self.frames) > DEPTH:
            return UNKNOWN
        names = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)]
        values = dict(zip(names, given, strict=False))
        for name, default in zip(reversed(names), reversed(function.args.defaults), strict=False):
            if name not in values:
                values[name] = self.value(default)
        self.frames.append(Frame(values))
        loops, last, self.last = self.reader.loops, self.last, False
        try:
            return self.value(function.body) if isinstance(function, ast.Lambda) else self.block(function.body)[1]
        finally:
            self.frames.pop()
            self.reader.loops, self.last = loops, last

    # comprehensions

    def comprehension(self, node: Comprehension) -> Any:
        """A comprehension: over a line what it does to each word, else round after round."""
        head = node.generators[0]
        of = self.value(head.iter)
        made: list[ast.expr] = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]

        def one(item: Any) -> Any:
            self.assign(head.target, item)
            self.values(head.ifs)
            return self.values(made)[-1]

        if isinstance(of, Words | Line):
            value = self.reader.mapped(one, of)
            return UNKNOWN if head.ifs else value
        return self.rounds(node.generators, made, of)

    def values(self, nodes: Sequence[ast.expr]) -> list[Any]:
        """What several expressions give."""
        return [self.value(node) for node in nodes]

    def rounds(self, generators: Sequence[ast.comprehension], made: Sequence[ast.expr], of: Any) -> list[Any]:
        """The items of a comprehension whose rounds may read."""
        out: list[Any] = []
        self.reader.loops += 1
        for item in self.reader.items(of, True):
            self.assign(generators[0].target, self.reader.taken(item))
            self.values(generators[0].ifs)
            if len(generators) > 1:
                out += self.rounds(generators[1:], made, self.value(generators[1].iter))
            else:
                out += self.values(made)[-1:]
        self.reader.loops -= 1
        return out

    # conditions

    def decide(self, test: ast.expr, wanted: bool) -> bool:
        """How a condition turns out: as wanted where that is open; what it looks at is drawn so that it does."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self.decide(operand, not wanted)
            case ast.BoolOp(op=op, values=values):
                decided = [self.decide(part, wanted) for part in values]
                return all(decided) if isinstance(op, ast.And) else any(decided)
            case ast.Compare(ops=[op], comparators=[right]) if type(op) in ORDERS:
                return self.reader.compared(ORDERS[type(op)], self.value(test.left), self.value(right), wanted)
        return self.truth(self.value(test), wanted)

    def truth(self, value: Any, wanted: bool) -> bool:
        """Whether a value counts as true."""
        if isinstance(value, Number | Computed):
            return self.reader.compared(operator.ne, value, 0, wanted)
        if isinstance(value, Line):
            if not wanted and value.rest.made is None and not value.split:
                value.end = True  # nothing is left to read
            return not value.end
        return bool(value) if isinstance(value, int | str | list | type(None)) else wanted


FOLLOWED: dict[type[ast.AST], Callable[[Expressions, Any], Any]] = {
    ast.Attribute: Expressions.attribute, ast.Call: Expressions.call, ast.Subscript: Expressions.subscript,
    ast.BinOp: Expressions.arithmetic, ast.IfExp: Expressions.either, ast.NamedExpr: Expressions.named,
    ast.UnaryOp: Expressions.negative, ast.Compare: Expressions.comparison,
    ast.ListComp: Expressions.comprehension, ast.SetComp: Expressions.comprehension,
    ast.GeneratorExp: Expressions.comprehension, ast.DictComp: Expressions.comprehension,
}  # fmt: skip
"""Expressions whose value is followed, and how."""
