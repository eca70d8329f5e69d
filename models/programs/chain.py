"""Chains of operations: choosing them, writing them as Python, and telling which belong to the held-out problems.

The skeleton of a stated problem is the sequence of its operations, whatever the phrasing, numbers, names or i/o shape.
Skeletons are split by hash, so that no evaluation statement shares one with training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from string import Template

from models.programs.ops import OPS, Kind, Op

BY_SRC: dict[str, tuple[Op, ...]] = {
    kind: tuple(op for op in OPS if op.src == kind) for kind in ("ints", "str", "words", "int", "dict")
}
ELEMENTS = {"ints": ("x", "num", "v", "n"), "str": ("ch", "c", "x"), "words": ("w", "word", "x"), "dict": ("key", "k2")}
RESULTS: dict[str, tuple[str, ...]] = {
    "ints": ("result", "out", "res", "values", "items", "kept", "nums2", "new"),
    "str": ("result", "out", "res", "s2", "text2", "joined"),
    "words": ("result", "out", "res", "parts", "words2", "items"),
    "int": ("total", "count", "result", "ans", "res", "best"),
    "bool": ("ok", "found", "result", "flag"),
    "dict": ("d", "counts", "result", "table"),
}
LENGTHS = {3: (0.25, 0.45, 0.3), 4: (0.2, 0.35, 0.25, 0.2)}
"""Shares of chains of one, two, … operations, by the most there are."""
SECOND = ("i", "j", "idx", "acc", "m", "t")


@dataclass(frozen=True, slots=True)
class Step:
    """An operation with its parameters fixed."""

    op: Op
    k: int = 0
    c: str = "a"
    d: str = "b"

    def fill(self, template: str, **names: str) -> str:
        """Parameters and names put into a phrase or code template."""
        return Template(template).substitute(
            k=str(self.k), c=repr(self.c), d=repr(self.d), **({"v": "", "o": "", "x": "", "i": ""} | names)
        )


def pick(op: Op, rng: Random) -> Step:
    """The operation with random parameters."""
    c, d = rng.sample("aeiostrnlbcd", 2)
    return Step(op, rng.randint(*op.k) if op.k else 0, c, d)


def draw(rng: Random, length: int | None = None, most: int = 3) -> tuple[Step, ...]:
    """A random well-typed chain of `length` operations, by default of 1 to `most` (3 or 4); a yes/no answer ends it."""
    length = length or rng.choices(range(1, most + 1), LENGTHS[most])[0]
    kind: Kind = rng.choices(("ints", "str", "words", "int", "dict"), (0.42, 0.24, 0.2, 0.1, 0.04))[0]
    steps: list[Step] = []
    while len(steps) < length and kind != "bool":
        op = rng.choice(BY_SRC[kind])
        if steps and op.name == steps[-1].op.name:
            continue
        steps.append(pick(op, rng))
        kind = op.dst
    return tuple(steps)


def skeleton(steps: Sequence[Step]) -> str:
    """The operations by name, in order."""
    return ">".join(step.op.name for step in steps)


def held_out(steps: Sequence[Step]) -> bool:
    """True for one skeleton in ten of two operations and more: those belong to evaluation, never to training."""
    return len(steps) > 1 and int(hashlib.sha256(skeleton(steps).encode()).hexdigest(), 16) % 10 == 0


def write(steps: Sequence[Step], source: str, rng: Random, taken: set[str] | None = None) -> tuple[list[str], str]:
    """Python lines that apply the chain to the variable `source`, and the expression that holds the result."""
    used = {source} | (taken or set())
    lines: list[str] = []
    value = source
    for number, step in enumerate(steps):
        simple = [t for t in step.op.code if t.startswith("= ")]
        loops = [t for t in step.op.code if not t.startswith("= ")]
        last = number == len(steps) - 1
        template = rng.choice(loops) if loops and (not simple or rng.random() < 0.6) else rng.choice(simple)
        x = _fresh(ELEMENTS.get(step.op.src, ("x", "i")), used, rng)
        i = _fresh(SECOND, used | {x}, rng)
        if template.startswith("= "):
            if not value.isidentifier() and template.count("$v") > 1:
                value = _assign(lines, value, step.op.src, used, rng)
            inner = value if value.isidentifier() or _closed(value) else f"({value})"
            value = step.fill(template[2:], v=inner, x=x, i=i)
            if (not last and (len(value) > 24 or rng.random() < 0.65)) or (last and rng.random() < 0.3):
                value = _assign(lines, value, step.op.dst, used, rng)
            if x in value or "$x" in template:
                used.add(x)
        else:
            if not value.isidentifier():
                value = _assign(lines, value, step.op.src, used, rng)
            o = _fresh(RESULTS[step.op.dst], used | {x, i}, rng)
            lines += step.fill(template, v=value, o=o, x=x, i=i).split("\n")
            used |= {o, x, i}
            value = o
    return lines, value


def _assign(lines: list[str], value: str, kind: str, used: set[str], rng: Random) -> str:
    name = _fresh(RESULTS[kind], used, rng)
    lines.append(f"{name} = {value}")
    used.add(name)
    return name


def _closed(expression: str) -> bool:
    """True if the expression can be followed by a method call or a slice as it stands."""
    return expression.startswith("[") and expression.endswith("]") and expression.count("[") == 1


def _fresh(pool: Sequence[str], used: set[str], rng: Random) -> str:
    free = [name for name in pool if name not in used]
    if free:
        return rng.choice(free)
    return next(f"{pool[0]}{n}" for n in range(2, 99) if f"{pool[0]}{n}" not in used)
