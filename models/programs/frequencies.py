"""What programs do, how often, and on values of which size: figures that two sources of programs are compared by.

`coverage` asks whether an operation occurs at all. A model learns what it sees often, so here it is counted: how many
programs in a hundred have a method, how often in a hundred runs an index far from both ends is looked up, how many
items the lists that a function is given have.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import quantiles

from models.programs.shapes import names, shapes
from models.trace.source_lines import statements
from models.trace.types import Trace

QUARTERS = ("lower quarter", "median", "upper quarter")
FAR = re.compile(r"\[-?\d+\]: ")
"""How the workings of an index begin that has to be counted off; below, those of such a slice."""
FAR_SLICE = re.compile(r"\[[^\]]*:[^\]]*\]: ")
LONG = 4
"""A list or text of more items is not seen at a glance."""
Parts = tuple[frozenset[str], frozenset[str]]


@dataclass(slots=True)
class Figures:
    """Of a number of programs, each with one run."""

    programs: int = 0
    having: Counter[str] = field(default_factory=Counter)
    """Programs that have a method, a function, an operator or a construct, or end in a way, by its name."""
    done: Counter[str] = field(default_factory=Counter)
    """How often something was done, over all runs."""
    sizes: dict[str, list[int]] = field(default_factory=dict)
    """Size of every program, run, or value of a kind."""
    names: Counter[str] = field(default_factory=Counter)
    """In how many programs each name of a parameter or variable is."""

    def add(self, code: str, given: str, run: Trace | None) -> None:
        """Count one program; what was not run gives no runs."""
        self.programs += 1
        tree = ast.parse(code)
        self.having.update(parts(code) | shapes(tree))
        self.names.update({*names(tree)})
        for kind, size in _sizes(code, given):
            self.sizes.setdefault(kind, []).append(size)
        if run is None:
            self.having["run: not told"] += 1
            return
        self.sizes.setdefault("steps", []).append(len(run.steps))
        self.having["run: raises"] += run.raised is not None
        self.having["run: endless"] += run.endless
        if not run.endless:  # which would count for hundreds of runs
            self.done.update(done(code, run))

    def table(self) -> dict[str, float]:
        """Name → figure: per 100 programs, or a number of characters, items, lines or steps."""
        out = {f"% with {name}": 100 * count / self.programs for name, count in self.having.items()}
        out |= {f"per 100 runs: {name}": 100 * count / self.programs for name, count in self.done.items()}
        for kind, sizes in self.sizes.items():
            cuts = quantiles(sizes, n=4) if len(sizes) > 1 else sizes * 3
            out |= {f"{kind}, {name}": cut for name, cut in zip(QUARTERS, cuts, strict=True)}
            out[f"{kind}, % over {LONG}"] = 100 * sum(size > LONG for size in sizes) / len(sizes)
        if self.names:
            out["names, % of one program"] = 100 * list(self.names.values()).count(1) / self.names.total()
        return out


def parts(code: str) -> frozenset[str]:
    """Methods as `.name`, functions as `name()`, operators as they are written, other nodes by their kind."""
    return frozenset(filter(None, map(_part, ast.walk(ast.parse(code)))))


SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.In: "in",
    ast.NotIn: "not in", ast.Eq: "==", ast.Lt: "<", ast.Gt: ">", ast.And: "and", ast.Or: "or",
}  # fmt: skip
KINDS = (ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp, ast.While, ast.For, ast.If, ast.IfExp, ast.Lambda,
         ast.Try, ast.JoinedStr, ast.AugAssign, ast.Delete, ast.Break, ast.Continue,
         ast.ClassDef)  # fmt: skip


def _part(node: ast.AST) -> str:
    match node:
        case ast.Call(func=ast.Attribute(attr=name)):
            return f".{name}"
        case ast.Call(func=ast.Name(id=name)):
            return f"{name}()"
        case ast.Subscript(slice=ast.Slice()):
            return "a slice"
        case ast.Subscript():
            return "an index"
    return SYMBOLS.get(type(node)) or (type(node).__name__ if isinstance(node, KINDS) else "")


def done(code: str, run: Trace) -> Iterator[str]:
    """What a run did, once for each time; a method is told apart by whether its result is what the line comes to."""
    of = {node.lineno: _methods(node) for node in statements(ast.parse(code).body)}
    for step in run.steps:
        values, inside = of.get(step.line, (frozenset(), frozenset()))
        yield from (f"{name} as value" for name in values)
        yield from (f"{name} inside" for name in inside)
        for text, _ in step.told:
            if FAR.match(text):
                yield "far index"
            elif FAR_SLICE.match(text):
                yield "far slice"


def _methods(statement: ast.stmt) -> Parts:
    """Methods that give a statement its value, and those inside its expressions, bodies left out."""
    top = getattr(statement, "value", None)
    own: list[ast.AST] = [node for node in ast.iter_child_nodes(statement) if isinstance(node, ast.expr)]
    inside = set()
    while own:
        node = own.pop()
        own += ast.iter_child_nodes(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node is not top:
            inside.add(f".{node.func.attr}")
    value = isinstance(top, ast.Call) and isinstance(top.func, ast.Attribute)
    return frozenset({f".{top.func.attr}"} if value else ()), frozenset(inside)  # type: ignore[union-attr]


def _sizes(code: str, given: str) -> Iterator[tuple[str, int]]:
    """Lines of a program; characters and items of what it is given, where that is an argument list."""
    yield "lines", len(ast.unparse(ast.parse(code)).split("\n"))
    if "input()" in code:
        return
    try:
        values = ast.literal_eval(f"({given},)")
    except (ValueError, SyntaxError):
        return
    for value in values:
        if isinstance(value, (str, list, tuple, dict)):
            yield {str: "text", dict: "table"}.get(type(value), "list"), len(value)


def compared(tables: Mapping[str, Mapping[str, float]], least: float = 2.0) -> Iterable[tuple[str, ...]]:
    """Rows of a table, ordered by the first source; figures that are below `least` in all sources are left out."""
    first = next(iter(tables.values()))
    names = {name for table in tables.values() for name in table}
    yield ("figure", *tables)
    for name in sorted(names, key=lambda name: (_group(name), -first.get(name, 0.0), name)):
        figures = [table.get(name, 0.0) for table in tables.values()]
        if max(figures) >= least or "run: " in name:
            yield (name, *(f"{figure:.1f}" for figure in figures))


def _group(name: str) -> str:
    return name.split(" ", 1)[0] if name[0] in "%p" else "sizes"
