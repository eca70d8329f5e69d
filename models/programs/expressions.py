"""Random expressions of a wanted type over the variables in scope."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from models.programs.values import COMMON, LETTERS

_TRIVIAL = re.compile(r"(\w+) \S+ \1")  # a variable compared with itself

Scope = dict[str, str]
"""Variable name to type: int, bool, str, ints, words, dict."""


class Expressions:
    """Draws expressions; knows the variables in scope and the size of what it builds, nothing of statements."""

    def __init__(self, rng: Random, scope: Scope) -> None:
        self.rng = rng
        self.scope = scope

    def var(self, kind: str) -> str | None:
        """A variable of the type, preferring the newest; None if there is none."""
        names = [name for name, t in self.scope.items() if t == kind]
        if not names:
            return None
        return self.rng.choice(names[-2:]) if self.rng.random() < 0.6 else self.rng.choice(names)

    def of(self, kind: str, depth: int = 1) -> str:
        """An expression of the type; `depth` bounds nesting."""
        name = self.var(kind)
        if name and (depth <= 0 or self.rng.random() < 0.35):
            return name
        if depth <= 0:
            return self.literal(kind)
        table: dict[str, Callable[[int], str]] = {
            "int": self._int, "bool": self.condition, "str": self._str, "ints": self._ints,
            "words": self._words, "dict": self._dict,
        }  # fmt: skip
        return table[kind](depth - 1)

    def literal(self, kind: str) -> str:
        """A literal of the type, small."""
        r = self.rng
        if kind == "int":
            return str(r.choice((0, 1, 1, 2, 2, 3, 4, 5, 7, 10)) if r.random() < 0.8 else r.randint(-5, 20))
        if kind == "bool":
            return r.choice(("True", "False"))
        if kind == "str":
            return repr(self._small_text())
        if kind == "ints":
            return str([r.randint(0, 9) for _ in range(r.choice((0, 0, 1, 2, 3)))])
        if kind == "words":
            return str([r.choice(COMMON) for _ in range(r.choice((0, 0, 1, 2)))])
        return "{}" if r.random() < 0.7 else str({r.choice(COMMON): r.randint(0, 5)})

    def _small_text(self) -> str:
        r = self.rng
        style = r.random()
        if style < 0.35:
            return r.choice(LETTERS)
        if style < 0.55:
            return r.choice((" ", ",", "-", "_", ".", "", ":", "#", "*", "/", "!", "0", "1"))
        return r.choice(COMMON) if style < 0.85 else r.choice(LETTERS) + r.choice(LETTERS)

    def _int(self, depth: int) -> str:
        r = self.rng
        s, n, w, d = self.var("str"), self.var("ints"), self.var("words"), self.var("dict")
        forms: list[str] = []
        if s:
            c = repr(r.choice(LETTERS[:20]))
            forms += [f"len({s})", f"{s}.count({c})", f"{s}.find({c})", f"{s}.rfind({c})", f"len({s}.split())"]
            if r.random() < 0.3:
                forms += [f"{s}.index({c})", f"ord({s}[0])", f"int({s})"]
        if n:
            forms += [
                f"len({n})",
                f"sum({n})",
                f"max({n})",
                f"min({n})",
                f"{n}[{r.choice((0, 1, -1, 2, -2))}]",
                f"{n}.count({self.literal('int')})",
            ]
            if r.random() < 0.4:
                forms += [f"{n}.index({self.of('int', 0)})", f"{n}.pop()", f"{n}.pop(0)"]
        if w:
            forms += [f"len({w})", f"len({w}[{r.choice((0, -1, 1))}])"]
        if d:
            key = self.var("str") or repr(r.choice(COMMON))
            forms += [f"len({d})", f"{d}.get({key}, 0)", f"sum({d}.values())", f"{d}[{key}]"]
        a = self.of("int", depth)
        b = self.of("int", 0)
        arithmetic = [
            f"{a} + {b}", f"{a} - {b}", f"{a} * {b}", f"{a} % {r.choice((2, 3, 4, 5, 7, 10))}",
            f"{a} // {r.choice((2, 3, 5))}", f"max({a}, {b})", f"min({a}, {b})", f"abs({a})",
            f"({a} + {b}) % {r.randint(2, 9)}",
        ]  # fmt: skip
        if r.random() < 0.15:
            arithmetic += [f"{a} % {b}", f"{a} // {b}", f"{a} ** 2", f"{a} if {self.condition(0)} else {b}"]
        return r.choice(forms) if forms and r.random() < 0.5 else r.choice(arithmetic)

    def condition(self, depth: int = 0) -> str:
        """A yes/no expression."""
        r = self.rng
        forms: list[str] = []
        s, n, w, d = self.var("str"), self.var("ints"), self.var("words"), self.var("dict")
        i = self.var("int")
        if i:
            forms += [
                f"{i} % {r.choice((2, 2, 3, 4))} == {r.choice((0, 0, 1))}",
                f"{i} {r.choice(('>', '<', '>=', '<=', '==', '!='))} {self.of('int', 0)}",
            ] * 2
            forms += [f"{i} > {r.randint(0, 9)}", f"{i} < {r.randint(1, 12)}"]
        if s:
            c = repr(r.choice(LETTERS[:20]))
            forms += [
                f"{c} in {s}", f"len({s}) > {r.randint(1, 6)}",
                f"{s}.{r.choice(('isdigit', 'isalpha', 'isupper', 'islower', 'isalnum', 'isspace'))}()",
                f"{s}.startswith({c})", f"{s}.endswith({c})", f"{s} == {self.of('str', 0)}",
                f"{s} in {r.choice(('aeiou', 'abcdef', 'xyz', '0123'))!r}",
            ]  # fmt: skip
        if n:
            forms += [
                f"{self.of('int', 0)} in {n}",
                f"{self.of('int', 0)} not in {n}",
                f"len({n}) > {r.randint(0, 5)}",
                f"{n}",
            ]
        if w and s:
            forms += [f"{s} in {w}", f"{s} not in {w}"]
        if d and s:
            forms += [f"{s} in {d}", f"{s} not in {d}"]
        if not forms:
            forms = [f"len({name}) > {r.randint(0, 4)}" for name in [d or w or s or n] if name] or ["True"]
        out = r.choice(forms)
        if _TRIVIAL.fullmatch(out):
            out = r.choice(forms)
        if depth > 0 and r.random() < 0.2:
            out = f"{out} {r.choice(('and', 'or'))} {r.choice(forms)}"
        return f"not {out}" if r.random() < 0.06 and " " not in out else out

    def _str(self, depth: int) -> str:
        r = self.rng
        s = self.var("str")
        w = self.var("words")
        forms: list[str] = []
        if s:
            a, b = repr(self._small_text() or "a"), repr(self._small_text())
            forms += [
                f"{s}.upper()", f"{s}.lower()", f"{s}[::-1]", f"{s}.replace({a}, {b})", f"{s} + {self.of('str', 0)}",
                f"{s}[:{r.randint(1, 4)}]", f"{s}[{r.randint(1, 3)}:]", f"{s}[{r.randint(0, 2)}:{r.randint(3, 6)}]",
                f"{s}.strip()", f"{s}.swapcase()", f"{s}.capitalize()", f"{s}.title()", f"{s}[-{r.randint(1, 3)}:]",
                f"{s}[::2]", f"{s} * 2", f"{s}[0]", f"{s}[-1]",
                f"{s}.strip({r.choice(LETTERS) + r.choice(LETTERS)!r})", f"{s}.lstrip()", f"{s}.rstrip({a})",
                f"{s}.split({a})[0]", f"{s}.rjust({r.randint(4, 12)}, {r.choice('*-0 ')!r})",
                f"{s}.ljust({r.randint(4, 12)}, {r.choice('*-0 ')!r})",
                f"{s}.center({r.randint(4, 12)}, {r.choice('*-_')!r})", f"{s}.zfill({r.randint(3, 8)})",
                f"{s}.removeprefix({a})", f"{s}.removesuffix({a})", f"{s}.partition({a})[{r.choice((0, 2))}]",
                f"''.join(sorted({s}))", f"''.join(reversed({s}))",
                f"f'{{{s}}}{r.choice('-:_ ')}{{{self.of('int', 0)}}}'", f"{s}[{self.of('int', 0)}]",
                f"{s} if {self.condition(0)} else {self.of('str', 0)}",
            ]  # fmt: skip
        if w:
            forms += [f"{r.choice(('', ' ', '-', ',', ', '))!r}.join({w})"] * 3 + [
                f"{w}[{r.choice((0, -1, 1))}]",
                f"max({w})",
                f"min({w})",
            ]
        i = self.var("int")
        if i:
            forms += [f"str({self.of('int', depth)})", f"{r.choice('*#-ab')!r} * {i}"]
        return r.choice(forms) if forms else self.literal("str")

    def _ints(self, _depth: int) -> str:
        r = self.rng
        n, s, w, d = self.var("ints"), self.var("str"), self.var("words"), self.var("dict")
        forms: list[str] = []
        if n:
            x = r.choice(("x", "v", "e", "y"))
            with_x = Expressions(r, {**self.scope, x: "int"})
            forms += [
                f"sorted({n})", f"{n}[::-1]", f"{n}[{r.randint(1, 2)}:]", f"{n}[:{r.randint(1, 4)}]",
                f"{n} + {self.of('ints', 0)}", f"{n}[:-1]", f"{n}[::2]", f"sorted({n}, reverse=True)",
                f"list(reversed({n}))", f"sorted(set({n}))", f"{n} * 2", f"{n}[-2:]",
                f"[{x} {r.choice('+-*')} {r.randint(1, 5)} for {x} in {n}]",
                f"[{x} for {x} in {n} if {with_x.condition(0)}]", f"[{x} * {x} for {x} in {n}]",
                f"[a + b for a, b in zip({n}, {n}[1:])]",
                f"[i for i, {x} in enumerate({n}) if {with_x.condition(0)}]",
            ]  # fmt: skip
        if w:
            forms += [f"[len(w) for w in {w}]"]
        if d:
            forms += [f"list({d}.values())", f"sorted({d}.values())"]
        if s:
            forms += [f"[i for i, c in enumerate({s}) if c == {r.choice(LETTERS[:16])!r}]"]
        forms += [f"list(range({self.of('int', 0)}))" if r.random() < 0.4 else f"list(range({r.randint(2, 6)}))"]
        return r.choice(forms)

    def _words(self, _depth: int) -> str:
        r = self.rng
        s, w, d, n = self.var("str"), self.var("words"), self.var("dict"), self.var("ints")
        forms: list[str] = []
        if s:
            forms += [
                f"{s}.split()",
                f"list({s})",
                f"{s}.split({r.choice((' ', ',', '-', 'a', 'e'))!r})",
                f"sorted({s})",
                f"[c for c in {s} if {Expressions(r, {'c': 'str'}).condition(0)}]",
                f"{s}.splitlines()",
                f"{s}.rsplit({r.choice(' ,-ae')!r}, 1)",
            ]
        if w:
            x = r.choice(("w", "x", "item"))
            with_x = Expressions(r, {**self.scope, x: "str"})
            forms += [
                f"sorted({w})", f"{w}[::-1]", f"{w}[1:]", f"{w}[:{r.randint(1, 3)}]", f"[{x}.upper() for {x} in {w}]",
                f"[{x} for {x} in {w} if {with_x.condition(0)}]", f"[{x}[::-1] for {x} in {w}]",
                f"sorted({w}, key=len)", f"sorted({w}, key=lambda {x}: {x}[-1])", f"{w} + {self.of('words', 0)}",
                f"{w}[-2:]", f"[{x}[0] for {x} in {w}]",
            ]  # fmt: skip
        if d:
            forms += [f"list({d})", f"sorted({d})", f"list({d}.keys())"]
        if n:
            forms += [f"[str(x) for x in {n}]", f"list(map(str, {n}))"]
        return r.choice(forms) if forms else self.literal("words")

    def _dict(self, _depth: int) -> str:
        r = self.rng
        s, w, d = self.var("str"), self.var("words"), self.var("dict")
        forms = ["{}"]
        if w:
            forms += [
                f"{{w: len(w) for w in {w}}}",
                f"dict.fromkeys({w}, {r.randint(0, 3)})",
                f"{{w: i for i, w in enumerate({w})}}",
            ]
        if s:
            forms += [f"{{c: {s}.count(c) for c in {s}}}", f"dict.fromkeys({s}, {r.randint(0, 3)})"]
        if d:
            forms += [
                f"dict(sorted({d}.items()))",
                f"{{k: v + {r.randint(1, 5)} for k, v in {d}.items()}}",
                f"{{k: v for k, v in {d}.items() if v > {r.randint(0, 5)}}}",
                f"{d}.copy()",
            ]
        return r.choice(forms)
