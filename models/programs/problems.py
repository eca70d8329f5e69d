"""Stated problems: an English statement composed with the programs that solve it, and inputs to test them on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from models.programs import chain, values
from models.programs.chain import Step

INTRO = {
    "ints": ("a list of integers", "a list of numbers", "a list of ints"),
    "str": ("a string", "a text", "a piece of text"),
    "words": ("a list of words", "a list of strings"),
    "int": ("an integer", "a number", "an integer n"),
    "dict": ("a dictionary from words to integers", "a dictionary with integer values"),
}
PARAMS = {
    "ints": ("nums", "a", "numbers", "values", "lst", "xs", "arr"),
    "str": ("s", "text", "string", "t"),
    "words": ("words", "lst", "strings", "ws"),
    "int": ("n", "num", "x", "number"),
    "dict": ("d", "table", "data"),
}
FUNCTIONS = ("f", "solve", "process", "transform", "compute", "run", "answer", "apply", "convert", "func")
LINES = {
    "ints": ("the result as numbers separated by spaces", "the resulting numbers on one line, separated by spaces"),
    "words": ("the resulting words, one per line", "each resulting word on its own line"),
    "str": ("the result",),
    "int": ("the result", "the resulting number", "the answer"),
    "bool": ("YES or NO",),
    "dict": ("each key and its value on one line, in alphabetical order of the keys",),
}


@dataclass(frozen=True, slots=True)
class Stated:
    """A problem in words, before any test was run."""

    steps: tuple[Step, ...]
    io: str
    form: str
    """Shape of the input: name of the kind, for stdin programs followed by how it is laid out."""
    statement: str
    starter: str
    entry_point: str | None
    param: str


def state(steps: tuple[Step, ...], rng: Random) -> Stated:
    """Words for a chain: function or stdin/stdout shape, one of several phrasings."""
    src = steps[0].op.src
    io = "function" if src == "dict" or rng.random() < 0.5 else "stdio"
    param = rng.choice(PARAMS[src])
    if io == "function":
        name = rng.choice(FUNCTIONS)
        lead = rng.choice((f"You are given {rng.choice(INTRO[src])}.", f"Given {rng.choice(INTRO[src])}:",
                           f"Write a function that takes {rng.choice(INTRO[src])}."))  # fmt: skip
        end = rng.choice(("Return the result.", "Return what you get.", "The function returns the result."))
        return Stated(steps, io, src, f"{lead} {_tell(steps, rng)} {end}", f"def {name}({param}):", name, param)
    form, layout = _layout(src, rng)
    end = f"Print {rng.choice(LINES[steps[-1].op.dst])}."
    return Stated(steps, io, form, f"{layout} {_tell(steps, rng)} {end}", "", None, param)


def _tell(steps: Sequence[Step], rng: Random) -> str:
    clauses = [step.fill(rng.choice(step.op.phrases)) for step in steps]
    if len(clauses) == 1:
        return clauses[0][0].upper() + clauses[0][1:] + "."
    if rng.random() < 0.5:
        text = clauses[0] + "".join(f", then {c}" for c in clauses[1:])
        return text[0].upper() + text[1:] + "."
    joins = ("Then {}.", "After that, {}.", "Next, {}.")
    first = rng.choice(("{}.", "First, {}.")).format(clauses[0])
    last = rng.choice((*joins, "Finally, {}.")).format(clauses[-1])
    return " ".join([first[0].upper() + first[1:], *(rng.choice(joins).format(c) for c in clauses[1:-1]), last])


def _layout(src: str, rng: Random) -> tuple[str, str]:
    if src == "ints":
        return rng.choice((
            ("ints:n", "The first line contains an integer n and the second line contains n integers."),
            ("ints:n", "The input has two lines: the number n, and then n integers separated by spaces."),
            ("ints:line", "The input is one line of integers separated by spaces."),
            ("ints:rows", "The first line contains n. Each of the next n lines contains one integer."),
        ))  # fmt: skip
    if src == "words":
        return rng.choice((
            ("words:line", "The input is one line of words separated by spaces."),
            ("words:rows", "The first line contains n. Each of the next n lines contains one word."),
        ))  # fmt: skip
    if src == "str":
        return "str:line", rng.choice(("The input is one line of text.", "Read a line of text."))
    return "int:line", rng.choice(("The input is one integer.", "Read an integer."))


def program(stated: Stated, rng: Random, steps: tuple[Step, ...] | None = None) -> str:
    """One program for the problem (another one for each state of `rng`); `steps` overrides what it computes."""
    steps = steps or stated.steps
    body, value = chain.write(steps, stated.param, rng, taken={"n"} if stated.io == "stdio" else None)
    if stated.io == "function":
        return "\n".join([stated.starter, *("    " + line for line in [*body, f"return {value}"])])
    return "\n".join([*_read(stated.form, stated.param, rng), *body, *_print(steps[-1].op.dst, value, rng)])


def _read(form: str, name: str, rng: Random) -> list[str]:
    numbers = f"{name} = list(map(int, input().split()))"
    if rng.random() < 0.3:
        numbers = f"{name} = [int(x) for x in input().split()]"
    count = "n" if name != "n" else "m"
    if form == "ints:n":
        return [f"{count} = int(input())", numbers]
    if form == "ints:line":
        return [numbers]
    if form == "int:line":
        return [f"{name} = int(input())"]
    if form == "str:line":
        return [f"{name} = input()"]
    if form == "words:line":
        return [f"{name} = input().split()"]
    read = "int(input())" if form == "ints:rows" else "input()"
    if rng.random() < 0.5:
        return [f"{count} = int(input())", f"{name} = [{read} for _ in range({count})]"]
    return [f"{count} = int(input())", f"{name} = []", f"for _ in range({count}):", f"    {name}.append({read})"]


def _print(dst: str, value: str, rng: Random) -> list[str]:
    if dst == "ints":
        return [rng.choice((f"print(*{value})", f"print(' '.join(map(str, {value})))"))]
    if dst == "words":
        return [f"for line in {value}:", "    print(line)"] if rng.random() < 0.7 else [f"print('\\n'.join({value}))"]
    if dst == "bool":
        if rng.random() < 0.5:
            return [f"print('YES' if {value} else 'NO')"]
        return [f"if {value}:", "    print('YES')", "else:", "    print('NO')"]
    if dst == "dict":
        if not value.isidentifier():
            return [f"d = {value}", "for key in sorted(d):", "    print(key, d[key])"]
        return [f"for key in sorted({value}):", f"    print(key, {value}[key])"]
    return [f"print({value})"]


def arguments(stated: Stated, rng: Random) -> str:
    """A random input for the problem: an argument list, or the text on standard input."""
    kind = stated.form.partition(":")[0]
    value = values.value(kind, rng)
    if stated.io == "stdio" and not value and isinstance(value, list):
        value = [rng.randint(0, 9)] if kind == "ints" else [values.word(rng)]
    return written(stated, value)


def written(stated: Stated, value: object) -> str:
    """A value of the problem's kind as its programs are given it."""
    layout = stated.form.partition(":")[2]
    if stated.io == "function":
        return repr(value)
    if not isinstance(value, list):
        return f"{value}\n"
    row = " ".join(map(str, value))
    return {"n": f"{len(value)}\n{row}\n", "line": f"{row}\n"}.get(layout) or _rows(value)


def _rows(items: Sequence[object]) -> str:
    return "\n".join([str(len(items)), *map(str, items)]) + "\n"


def near_miss(steps: tuple[Step, ...], rng: Random) -> tuple[Step, ...]:
    """A similar chain that computes something else: another parameter, operation or order, or one step fewer."""
    out = list(steps)
    at = rng.randrange(len(out))
    op = out[at].op
    style = rng.random()
    if style < 0.3 and (op.k or "$c" in "".join(op.code)):
        fresh = chain.pick(op, rng)
        near = max(op.k[0], out[at].k + rng.choice((-1, 1))) if op.k else 0
        out[at] = Step(op, near if near != out[at].k else near + 1, fresh.c, fresh.d)
    elif style < 0.45 and len(out) > 1 and op.src == op.dst:
        del out[at]
    elif (
        style < 0.6
        and len(out) > 1
        and at + 1 < len(out)
        and op.src == op.dst == out[at + 1].op.dst == out[at + 1].op.src
    ):
        out[at], out[at + 1] = out[at + 1], out[at]
    else:
        same = [o for o in chain.BY_SRC[op.src] if o.dst == op.dst and o.name != op.name]
        if same:
            family = [o for o in same if o.name.split("_")[0] == op.name.split("_")[0]]
            fresh = chain.pick(rng.choice(family if family and rng.random() < 0.6 else same), rng)
            out[at] = Step(
                fresh.op, out[at].k if fresh.op.k and op.k and rng.random() < 0.5 else fresh.k, fresh.c, fresh.d
            )
    return tuple(out)
