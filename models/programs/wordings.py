"""Many ways to say each operation: what `wordings.toml` holds, its families multiplied out, and how one is drawn.

A template has alternatives `[a|b|]` one inside the other, of which one each is drawn; `@` stands for what the operation
works on, `$k`, `$c` and `$d` for its parameters. What stands around the operations is in `frames.py`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

Families = Mapping[str, Mapping[str, list[str]]]
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_MACRO = re.compile(r"<([a-z0-9]+)>")
_SLOT = re.compile(r"\{([a-z]+)\}")
_LOOSE = re.compile(r"^(?:\$k|each)\b|^(?!the (?:results|products|differences|sums|steps)\b|a dictionary\b).*\[each\|")
"""Nouns that what stands before could take apart: `the square of 3 times it`, `the length of the end of each word`."""
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiou]\w)")
ELEMENTS = {"ints": ("<num>", "<nums>"), "str": ("<char>", "<chars>"), "words": ("<word>", "<words>")}
"""Words for one element and for several, by kind of input."""
PLURALS = {"is": "are", "has": "have", "does": "do", "can": "can", "cannot": "cannot"}


@dataclass(frozen=True, slots=True)
class Wording:
    """The templates of one operation by shape."""

    do: tuple[str, ...] = ()
    """Imperatives."""
    noun: tuple[str, ...] = ()
    """What comes out, as noun phrases."""
    fact: tuple[str, ...] = ()
    """Whole clauses."""
    whether: tuple[str, ...] = ()
    """Whole clauses that are true or not: the question that a yes/no operation answers."""

    def all(self) -> tuple[str, ...]:
        """The templates of every shape."""
        return self.do + self.noun + self.fact + self.whether


def closes(template: str) -> bool:
    """True if the phrase ends in what it works on: nothing after it could be read as a part of it."""
    return template.endswith("@")


def nests(template: str) -> bool:
    """True if the phrase can be what another one that `closes` works on."""
    return closes(template) and not _LOOSE.search(template)


def expand(template: str, words: Mapping[str, str]) -> str:
    """The template with its `<name>`s as alternatives."""
    while found := _MACRO.search(template):
        template = template[: found.start()] + f"[{words[found[1]]}]" + template[found.end() :]
    return template


def say(template: str, rng: Random) -> str:
    """One of the texts that a template stands for, parameters and `@` still in it."""
    while found := _CHOICE.search(template):
        template = template[: found.start()] + rng.choice(found[1].split("|")) + template[found.end() :]
    return _ARTICLE.sub(r"\1n ", re.sub(r" +", " ", template))


def _plural(predicate: str) -> str:
    """The verb at the front of `is even` as it follows several: `are even`."""
    verb, _, rest = predicate.partition(" ")
    return f"{PLURALS.get(verb) or verb.removesuffix('s')} {rest}"


def _slots(condition: Mapping[str, list[str]], kind: str) -> dict[str, str]:
    one, ones = ELEMENTS[kind]
    said = {
        "some": condition["some"], "is": condition["is"], "not": condition["not"],
        "are": map(_plural, condition["is"]), "arenot": map(_plural, condition["not"]),
    }  # fmt: skip
    return {"one": one, "ones": ones} | {slot: f"[{'|'.join(texts)}]" for slot, texts in said.items()}


def _families(data: Mapping[str, Any]) -> dict[str, dict[str, list[str]]]:
    """Operation → shape → templates, for each condition in each family, under the names that `ops.py` gives them."""
    found = {}
    for condition, said in data["condition"].items():
        name, _, kind = condition.rpartition("_")
        slots = _slots(said, kind)
        for family, shapes in data["family"].items():
            if kind != "ints" and family not in ("keep", "drop", "count"):
                continue
            full = f"{family}_{condition}" if family in ("keep", "drop", "count") else f"{family}_{name}"
            found[full] = {
                shape: [_SLOT.sub(lambda slot: slots[slot[1]], t) for t in templates]  # noqa: B023
                for shape, templates in shapes.items()
            }
    return found


def _read(path: Path) -> dict[str, Wording]:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    shaped: Families = data["op"] | _families(data)
    return {
        name: Wording(**{shape: tuple(expand(t, data["words"]) for t in said) for shape, said in shapes.items()})
        for name, shapes in shaped.items()
    }


WORDINGS = _read(Path(__file__).with_name("wordings.toml"))
"""Operation → its templates."""
