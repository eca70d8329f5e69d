"""The operations that stated problems are made of: what one does in English, and several ways to write it in Python.

The operations themselves are in `ops.toml`. A code template is either `= EXPRESSION` or lines that assign `$o`.
Placeholders: `$v` the input, `$o` the output name, `$x` an element name, `$i` a second one, `$k` an integer parameter,
`$c` and `$d` letters. Families (each condition × keep, drop, count …; each element-wise expression) are multiplied out
once, in `OPS`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["ints", "str", "words", "int", "bool", "dict"]
Range = tuple[int, int] | None
OPPOSITES = (
    (" not in ", " in "), (" == ", " != "), (" != ", " == "), (" >= ", " < "), (" <= ", " > "), (" > ", " <= "),
    (" < ", " >= "), (" in ", " not in "),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Op:
    """One operation from a value of kind `src` to one of kind `dst`."""

    name: str
    src: Kind
    dst: Kind
    phrases: tuple[str, ...]
    """Imperative clauses; each could follow "then"."""
    code: tuple[str, ...]
    k: Range = None
    """Range of `$k`, inclusive; None if there is none."""


def _loop(test: str, body: str, start: str = "[]") -> str:
    return f"$o = {start}\nfor $x in $v:\n    if {test}:\n        {body}"


def _negate(test: str) -> str:
    for a, b in OPPOSITES:
        if a in test:
            return test.replace(a, b)
    return f"not {test}"


def _say(plurals: Iterable[str], *forms: str) -> tuple[str, ...]:
    plurals = tuple(plurals)
    return tuple(form.replace("@", plural) for form in forms for plural in plurals)


def _condition(src: Kind, name: str, test: str, plurals: list[str], k: Range) -> list[Op]:
    """keep, drop and count the elements that meet a condition; for numbers also sum, first, any and all."""
    other = _negate(test)
    if src == "str":
        keep, drop = (
            (_loop(t, "$o += $x", "''"), f"= ''.join([$x for $x in $v if {t}])") for t in (test, other)
        )  # fmt: skip
    else:
        keep, drop = ((_loop(t, "$o.append($x)"), f"= [$x for $x in $v if {t}]") for t in (test, other))
    count = (_loop(test, "$o += 1", "0"), f"= len([$x for $x in $v if {test}])", f"= sum(1 for $x in $v if {test})")
    keeping = _say(plurals, "keep only the @", "select the @", "drop everything except the @")
    dropping = _say(plurals, "remove the @", "drop all @", "leave out the @")
    counting = _say(plurals, "count the @", "find how many @ there are", "compute the number of @")
    ops = [
        Op(f"keep_{name}_{src}", src, src, keeping, keep, k),
        Op(f"drop_{name}_{src}", src, src, dropping, drop, k),
        Op(f"count_{name}_{src}", src, "int", counting, count, k),
    ]
    return ops + _about_numbers(name, test, other, plurals, k) if src == "ints" else ops


def _about_numbers(name: str, test: str, other: str, plurals: list[str], k: Range) -> list[Op]:
    total = _say(plurals, "add up the @", "find the sum of the @", "compute the total of all @")
    first = _say(
        plurals,
        "find the first of the @, or -1 if there are none",
        "take the first one of the @ (use -1 if there is none)",
    )
    some = _say(plurals, "check whether there are any @", "decide if at least one of the @ is present")
    every = _say(plurals, "check whether all numbers are @", "decide if every one of the numbers belongs to the @")
    found = f"$o = -1\nfor $x in $v:\n    if {test}:\n        $o = $x\n        break"
    some_loop = f"$o = False\nfor $x in $v:\n    if {test}:\n        $o = True"
    every_loop = f"$o = True\nfor $x in $v:\n    if {other}:\n        $o = False"
    return [
        Op(
            f"sum_{name}",
            "ints",
            "int",
            total,
            (_loop(test, "$o += $x", "0"), f"= sum([$x for $x in $v if {test}])"),
            k,
        ),
        Op(f"first_{name}", "ints", "int", first, (found,), k),
        Op(f"any_{name}", "ints", "bool", some, (some_loop, f"= any([{test} for $x in $v])"), k),
        Op(f"all_{name}", "ints", "bool", every, (every_loop, f"= all([{test} for $x in $v])"), k),
    ]


def _map(src: Kind, name: str, expression: str, phrases: list[str], k: Range) -> Op:
    """Apply an expression to each element."""
    code = [f"$o = []\nfor $x in $v:\n    $o.append({expression})", f"= [{expression} for $x in $v]"]
    if src == "ints":
        code.append(f"$o = []\nfor $i in range(len($v)):\n    $o.append({expression.replace('$x', '$v[$i]')})")
    return Op(f"map_{name}_{src}", src, src, tuple(phrases), tuple(code), k)


def _range(entry: dict[str, Any]) -> Range:
    return (entry["k"][0], entry["k"][1]) if "k" in entry else None


def _read(path: Path) -> tuple[Op, ...]:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    ops = [op for e in data["condition"] for op in _condition(e["src"], e["name"], e["test"], e["plurals"], _range(e))]
    ops += [_map(e["src"], e["name"], e["expression"], e["phrases"], _range(e)) for e in data["map"]]
    ops += [Op(e["name"], e["src"], e["dst"], tuple(e["phrases"]), tuple(e["code"]), _range(e)) for e in data["op"]]
    return tuple(ops)


OPS = _read(Path(__file__).with_name("ops.toml"))
"""Every operation, in a fixed order."""
