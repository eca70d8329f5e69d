"""The walk through the statements of a program, and the guesses that come of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from models.programs.stdin.expressions import ENDS, Expressions, Function, Stopped
from models.programs.stdin.hints import hints, readers
from models.programs.stdin.lines import MOST, Text
from models.programs.stdin.reader import Reader
from models.programs.stdin.things import UNKNOWN, Lines, Named, Stream
from workers.pipeline.syntax import parse

Left = tuple[str, Any]
"""How statements were left: '', 'break', 'continue' or 'return' with its value."""


def texts(code: str, rng: Random, count: int) -> Iterator[str]:
    """At most `count` guesses at what a program reads, likeliest first; none where no read is found."""
    tree = parse(code)
    if isinstance(tree, str):
        return
    try:
        told, reading = hints(tree), readers(tree)
        for stray in range(count):
            text = Text(rng, stray, told)
            Walk(tree, Reader(text, rng), reading).program(tree)
            if not text.lines:
                return
            yield text.written()
    except RecursionError:  # nested too deep to be walked
        return


class Walk(Expressions):
    """One walk through a program."""

    def __init__(self, tree: ast.Module, reader: Reader, reading: set[int]) -> None:
        super().__init__(tree, reader)
        self.reads = reading
        """ids of the nodes that read."""

    def program(self, tree: ast.Module) -> None:
        """Walk all of it, as far as the limit goes."""
        try:
            self.block(tree.body)
        except Stopped:
            return

    def block(self, body: Sequence[ast.stmt]) -> Left:
        """Statements, up to one that leaves them."""
        for node in body:
            left = self.statement(node)
            if left[0]:
                return left
        return "", None

    def statement(self, node: ast.stmt) -> Left:
        """One statement."""
        self.step()
        match node:
            case ast.Break():
                return "break", None
            case ast.Continue():
                return "continue", None
            case ast.Return():
                return "return", self.value(node.value)
            case ast.Raise():
                return "return", UNKNOWN
            case ast.If():
                return self.branch(node)
            case ast.For():
                return self.counted(node)
            case ast.While():
                return self.open(node)
            case ast.Try() | ast.With() | ast.Match():
                return self.within(node)
        self.simple(node)
        return "", None

    def simple(self, node: ast.stmt) -> None:
        """A statement that has no other one in it, or a definition."""
        match node:
            case ast.Assign():
                value = self.value(node.value)
                for target in node.targets:
                    self.assign(target, value)
            case ast.AnnAssign(value=ast.expr() as given):
                self.assign(node.target, self.value(given))
            case ast.AugAssign():
                self.assign(node.target, self.computed(node.op, self.value(node.target), self.value(node.value)))
            case ast.FunctionDef() | ast.ClassDef():
                self.frames[-1].names[node.name] = node
            case ast.Global() | ast.Nonlocal():
                self.frames[-1].shared |= set(node.names)
            case ast.ImportFrom():
                names = [alias.asname or alias.name for alias in node.names if alias.name in ("stdin", "__stdin__")]
                self.frames[-1].names |= dict.fromkeys(names, Named("stdin"))
            case ast.Expr() | ast.Assert() | ast.Delete():
                self.parts(node)

    def within(self, node: ast.Try | ast.With | ast.Match) -> Left:
        """Statements that are walked as they stand: the body of a `try` goes well, any case may be the one."""
        if isinstance(node, ast.Match):
            self.reader.looked_up(self.value(node.subject))
            return self.block(self.reader.rng.choice(node.cases).body)
        if isinstance(node, ast.With):
            for item in node.items:
                self.assign(item.optional_vars, self.value(item.context_expr))
            return self.block(node.body)
        left = self.block(node.body)
        return left if left[0] else self.block(node.finalbody)

    def branch(self, node: ast.If) -> Left:
        """A branch goes as its condition does; an open one leaves a loop in the last round, and the program never."""
        leaves, stays = _leaves(node.body), _leaves(node.orelse)
        if leaves != stays:
            wanted = (self.last if self.reader.loops else False) == leaves
        else:
            wanted = self.reader.rng.random() < 0.5
        return self.block(node.body if self.decide(node.test, wanted) else node.orelse)

    def counted(self, node: ast.For) -> Left:
        """A loop over something."""
        of = self.value(node.iter)
        items = self.reader.items(of, id(node) in self.reads)
        if isinstance(of, range) and not self.may_read(node):
            items = items[:1]  # one round shows what it does with the lines there are
        for at, item in enumerate(items):
            self.assign(node.target, self.reader.taken(item))
            left, value = self.round(node.body, at == len(items) - 1)
            if left in ("break", "return"):
                return (left, value) if left == "return" else ("", None)
        return self.block(node.orelse)

    def open(self, node: ast.While) -> Left:
        """A loop that goes on until something ends it; where nothing does, the input ends."""
        rounds = self.reader.rng.randint(2, 4)
        for number in range(2 * MOST):
            self.reader.loops += 1
            goes_on = self.decide(node.test, number < rounds)
            self.reader.loops -= 1
            if not goes_on or (number >= rounds and isinstance(node.test, ast.Constant)):
                break
            left, value = self.round(node.body, number >= rounds - 1)
            if left in ("break", "return"):
                return (left, value) if left == "return" else ("", None)
        return self.block(node.orelse)

    def round(self, body: Sequence[ast.stmt], last: bool) -> Left:
        """One round of a loop."""
        before, self.last = self.last, last
        self.reader.loops += 1
        left = self.block(body)
        self.reader.loops -= 1
        self.last = before
        return left

    def may_read(self, node: ast.AST) -> bool:
        """Whether a statement reads, or names something that may: a function of the program, lines found as needed."""
        names = [getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(node)]
        known = Function | Named | Lines | Stream
        found = (name in self.methods or isinstance(self.name(name), known) for name in names)
        return id(node) in self.reads or any(found)


def _leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether statements end in leaving their loop, function or program."""
    return any(isinstance(node, ast.Break | ast.Return) or _ends(node) for node in body)


def _ends(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
            return name in ENDS
    return False
