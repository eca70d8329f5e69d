"""Random small Python programs by type: functions of one to three arguments, and stdin/stdout programs.

They mix loops, branches, mutation, early return, helpers, recursion and exceptions over ints, strings, lists and
dictionaries. Every loop runs over something finite, but for a few `while` loops that may never end, on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from models.programs import values
from models.programs.expressions import Expressions, Scope

NAMES = {
    "int": (
        "n", "k", "a", "b", "x", "y", "num", "count",
        "total", "size", "limit", "m", "value", "idx", "start", "step",
    ),
    "bool": ("flag", "ok", "found", "done"),
    "str": ("s", "text", "t", "name", "word", "string", "line", "ch", "sep", "prefix", "res", "char"),
    "ints": ("nums", "arr", "lst", "values", "array", "a", "numbers", "result", "out", "xs", "data", "items"),
    "words": ("words", "parts", "names", "strings", "tokens", "lst", "ws", "items", "ls"),
    "dict": ("d", "counts", "table", "dic", "mapping", "freq", "m", "data"),
}  # fmt: skip
SYLLABLES = [
    "ba", "co", "di", "fo", "ga", "hu", "ka", "lo", "mi", "nu", "pa", "ro", "sa", "te", "vi", "zo", "st", "tr", "ex",
    "in",
]  # fmt: skip
KINDS = ("int", "str", "ints", "words", "dict")
WEIGHTS = (0.25, 0.32, 0.25, 0.1, 0.08)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A random program and the kinds of its arguments."""

    code: str
    io: str
    kinds: tuple[str, ...]
    entry_point: str | None


class _Writer:
    def __init__(self, rng: Random, scope: Scope, io: str) -> None:
        self.rng, self.scope, self.io = rng, scope, io
        self.e = Expressions(rng, scope)
        self.params = tuple(scope)
        self.frozen: set[str] = set()  # loop variables and lists being iterated: not to be mutated

    def name(self, kind: str) -> str:
        if self.rng.random() < 0.08:
            return "".join(self.rng.choice(SYLLABLES) for _ in range(self.rng.randint(2, 3)))
        free = [n for n in NAMES[kind] if n not in self.scope]
        return self.rng.choice(free) if free else f"{NAMES[kind][0]}{self.rng.randint(2, 9)}"

    def mutable(self, kind: str) -> str | None:
        names = [n for n, t in self.scope.items() if t == kind and n not in self.frozen]
        return self.rng.choice(names) if names else None

    def block(self, size: int, depth: int, loop: bool = False) -> list[str]:
        lines: list[str] = []
        for _ in range(size):
            before = dict(self.scope)
            lines += self.statement(depth, loop)
            if depth < 2:  # names bound under a condition may be unbound later
                for new in set(self.scope) - set(before):
                    del self.scope[new]
        return lines or ["pass"]

    def statement(self, depth: int, loop: bool) -> list[str]:
        r = self.rng
        roll = r.random()
        if depth > 0 and roll < 0.24:
            return self.branch(depth, loop)
        if depth > 0 and roll < 0.46:
            return self.loop(depth)
        if roll < 0.8 or (loop and roll < 0.97):
            mutation = self.mutation()
            if mutation:
                return [mutation]
        kind = r.choices(KINDS, WEIGHTS)[0]
        target = self.mutable(kind) if r.random() < 0.35 else None
        value = self.e.of(kind, 2)
        target = target or self.name(kind)
        if target == value:
            value = self.e.of(kind, 1)
        self.scope[target] = kind
        return [f"{target} = {value}"]

    def mutation(self) -> str | None:
        r = self.rng
        n, w, d, s, i = (self.mutable(k) for k in ("ints", "words", "dict", "str", "int"))
        forms: list[str] = []
        if i:
            forms += [f"{i} {r.choice(('+=', '+=', '-=', '*='))} {self.e.of('int', 0)}"] * 4
        if s:
            other = self.e.of("str", 0)
            forms += [f"{s} += {other if other != s else self.e.literal('str')}"] * 3 + [f"{s} = {self.e.of('str', 1)}"]
        if n:
            forms += [f"{n}.append({self.e.of('int', 1)})"] * 4 + [
                f"{n}.insert({r.choice((0, 0, 1))}, {self.e.of('int', 0)})", f"{n}.sort()", f"{n}.reverse()",
                f"{n}[{r.choice((0, -1, 1))}] = {self.e.of('int', 0)}", f"{n}.extend({self.e.of('ints', 0)})",
                f"{n}.pop()", f"{n}[{r.choice((0, -1))}] += {self.e.of('int', 0)}", f"del {n}[0]",
            ]  # fmt: skip
            if r.random() < 0.3:
                forms += [f"{n}.remove({self.e.of('int', 0)})", f"{n}.clear()"]
        if w:
            forms += [f"{w}.append({self.e.of('str', 1)})"] * 4 + [
                f"{w}.sort()",
                f"{w}.reverse()",
                f"{w}.insert(0, {self.e.of('str', 0)})",
                f"{w}.pop()",
            ]
        if d:
            key = self.e.of("str", 0)
            forms += [f"{d}[{key}] = {self.e.of('int', 1)}", f"{d}[{key}] = {d}.get({key}, 0) + 1"] * 2 + [
                f"{d}.pop({key}, None)",
                f"{d}.update({{{key}: {self.e.of('int', 0)}}})",
                f"{d}.setdefault({key}, 0)",
            ]
        return r.choice(forms) if forms else None

    def indent(self, lines: list[str]) -> list[str]:
        return ["    " + line for line in lines]

    def branch(self, depth: int, loop: bool) -> list[str]:
        r = self.rng
        lines = [f"if {self.e.condition(1)}:"]
        if loop and r.random() < 0.2:
            return [*lines, "    " + r.choice(("continue", "break"))]
        if not loop and r.random() < 0.15 and self.io == "function":
            return [*lines, f"    return {self.e.of(r.choice(KINDS), 1)}"]
        lines += self.indent(self.block(1 if r.random() < 0.75 else 2, min(depth - 1, 1), loop))
        if r.random() < 0.25:
            lines += [f"elif {self.e.condition(0)}:", *self.indent(self.block(1, 0, loop))]
        if r.random() < 0.5:
            lines += ["else:", *self.indent(self.block(1, 0, loop))]
        return lines

    def loop(self, depth: int) -> list[str]:
        r = self.rng
        roll = r.random()
        added: list[str] = []
        if roll < 0.08:
            i = self.mutable("int")
            if i:
                self.frozen.add(i)
                step = r.choice((f"{i} -= {r.randint(1, 3)}", f"{i} //= 2")) if r.random() < 0.93 else f"{i} += 1"
                body = self.block(1, 0, True)
                self.frozen.discard(i)
                return [
                    f"while {i} > {r.choice((0, 0, 1))}:",
                    *self.indent([*[b for b in body if b != "continue"], step]),
                ]
        container = self.e.var(r.choice(("ints", "ints", "str", "str", "words", "dict")))
        if container and roll < 0.72:
            kind = {"ints": "int", "str": "str", "words": "str", "dict": "str"}[self.scope[container]]
            x = (
                self.name(kind)
                if r.random() < 0.3
                else {"int": r.choice(("x", "num", "v", "e")), "str": r.choice(("c", "ch", "w", "item"))}[kind]
            )
            if x in self.scope:
                x = x + "1"
            if self.scope[container] == "dict" and r.random() < 0.6:
                head, added = f"for {x}, v2 in {container}.items():", [x, "v2"]
                self.scope[x], self.scope["v2"] = "str", "int"
            elif r.random() < 0.18:
                head, added = f"for i, {x} in enumerate({container}):", ["i", x]
                self.scope["i"], self.scope[x] = "int", kind
            else:
                head, added = f"for {x} in {container}:", [x]
                self.scope[x] = kind
        else:
            i = r.choice([v for v in ("i", "j", "p", "q") if v not in self.scope] or ["i2"])
            n = self.e.var("ints") or self.e.var("str") or self.e.var("words")
            bound = f"len({n})" if n and r.random() < 0.5 else str(r.randint(2, 5))
            head, added = f"for {i} in range({r.choice(('', '', '', '1, '))}{bound}):", [i]
            self.scope[i] = "int"
            container = n if "len" in bound else None
        hold = set(added) | ({container} if container else set())
        self.frozen |= hold
        body = self.block(1 if r.random() < 0.55 else 2, min(depth - 1, 1), True)
        self.frozen -= hold
        for name in added:
            self.scope.pop(name, None)
        return [head, *self.indent(body)]

    def ending(self) -> list[str]:
        r = self.rng
        changed = [n for n in self.scope if n not in self.params]
        name = r.choice(changed[-2:]) if changed and r.random() < 0.75 else None
        if self.io == "stdio":
            kind = r.choices(KINDS, WEIGHTS)[0]
            value = name or self.e.of(kind, 1)
            if self.scope.get(value) in ("ints", "words") and r.random() < 0.5:
                return [f"print(*{value})"]
            return [f"print({value}, {self.e.of('int', 0)})" if r.random() < 0.12 else f"print({value})"]
        if name and r.random() < 0.8:
            return [f"return {name}"]
        if r.random() < 0.08:
            return [f"return ({self.e.of('int', 0)}, {self.e.of('str', 0)})"]
        kind = r.choices((*KINDS, "bool"), (0.2, 0.3, 0.2, 0.12, 0.1, 0.08))[0]
        return [f"return {self.e.of(kind, 1)}"]


READ = {
    "int": "{0} = int(input())",
    "str": "{0} = input()",
    "ints": "{0} = list(map(int, input().split()))",
    "words": "{0} = input().split()",
}


def draw(rng: Random) -> Drawn:
    """One random program: 70 % functions, 30 % stdin/stdout."""
    io = "function" if rng.random() < 0.7 else "stdio"
    if io == "function" and rng.random() < 0.05:
        return _recursive(rng)
    pool = [k for k in KINDS if io == "function" or k != "dict"]
    kinds = tuple(
        rng.choices(pool, [WEIGHTS[KINDS.index(k)] for k in pool], k=rng.choices((1, 2, 3), (0.5, 0.38, 0.12))[0])
    )
    scope: Scope = {}
    writer = _Writer(rng, scope, io)
    params = []
    for kind in kinds:
        params.append(name := writer.name(kind))
        scope[name] = kind
    writer.params = tuple(params)
    size = rng.choices((1, 2, 3, 4, 5), (0.14, 0.26, 0.3, 0.2, 0.1))[0]
    body = writer.block(size, 2) if size > 1 or rng.random() < 0.5 else []
    body += writer.ending()
    if io == "stdio":
        return Drawn(
            "\n".join([*(READ[k].format(p) for k, p in zip(kinds, params, strict=True)), *body]), io, kinds, None
        )
    if rng.random() < 0.05:
        body = [
            "try:",
            *writer.indent(body),
            f"except {rng.choice(('ValueError', 'IndexError', 'KeyError', 'Exception'))}:",
            f"    return {rng.choice(('None', '-1', repr('error')))}",
        ]
    name = rng.choice(("f", "f", "f", "solve", "func", "g", "process", "main"))
    return Drawn("\n".join([f"def {name}({', '.join(params)}):", *writer.indent(body)]), io, kinds, name)


def drill(rng: Random) -> Drawn:
    """A function that returns one expression of its one or two arguments."""
    kinds = tuple(rng.choices(KINDS, (0.42, 0.24, 0.16, 0.1, 0.08), k=rng.choice((1, 2, 2))))
    scope: Scope = {}
    for kind in kinds:
        scope[rng.choice([n for n in NAMES[kind] if n not in scope])] = kind
    wanted = rng.choice(kinds) if rng.random() < 0.6 else rng.choice((*KINDS, "bool"))
    names = tuple(scope)
    value = names[0]
    while value.isidentifier():
        value = Expressions(rng, scope).of(wanted, 2 if rng.random() < 0.4 else 1)
        if not all(name in value for name in names) and rng.random() < 0.6:
            value = names[0]
    return Drawn(f"def f({', '.join(names)}):\n    return {value}", "function", kinds, "f")


def _recursive(rng: Random) -> Drawn:
    """A function that calls itself or a helper."""
    k = rng.randint(1, 4)
    forms = (
        (
            f"def f(n):\n    if n <= {rng.choice((0, 1))}:\n        return {rng.randint(0, 3)}\n"
            f"    return n {rng.choice('+*')} f(n - {rng.randint(1, 2)})",
            ("int",),
        ),
        (
            f"def f(nums):\n    if not nums:\n        return {rng.choice((0, 1))}\n"
            f"    return nums[0] {rng.choice('+-')} f(nums[1:])",
            ("ints",),
        ),
        ("def f(s):\n    if len(s) < 2:\n        return s\n    return f(s[1:]) + s[0]", ("str",)),
        (
            f"def g(x):\n    return x {rng.choice('+-*')} {k}\n\n"
            "def f(nums):\n    out = []\n    for x in nums:\n        out.append(g(x))\n    return out",
            ("ints",),
        ),
        (
            f"def check(x):\n    return x % {k + 1} == 0\n\n"
            "def f(nums):\n    total = 0\n    for x in nums:\n        if check(x):\n            total += x\n"
            "    return total",
            ("ints",),
        ),
        ("def f(a, b):\n    if b == 0:\n        return a\n    return f(b, a % b)", ("int", "int")),
    )
    code, kinds = rng.choice(forms)
    return Drawn(code, "function", kinds, "f")


def arguments(drawn: Drawn, rng: Random) -> str:
    """A random input: an argument list, or the text on standard input."""
    items = [values.value(kind, rng) for kind in drawn.kinds]
    if drawn.io == "function":
        return ", ".join(map(repr, items))
    lines = [" ".join(map(str, item)) if isinstance(item, list) else str(item) for item in items]
    return "\n".join(lines) + "\n"
