"""Statements whose wording is rich: the operations of a chain in many words, within many kinds of sentences.

The sentences are in `frames.toml`, the words for operations in `wordings.toml`. Names, inputs and programs are those of
`problems.py`, so whatever takes its statements takes these. A share of them has the plain wording.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from models.programs import problems
from models.programs.chain import Step
from models.programs.ops import Kind
from models.programs.problems import Stated
from models.programs.wordings import WORDINGS, Wording, closes, expand, nests, say

PLAIN = 0.12
"""Share of statements with the plain wording, and of clauses with a plain phrase."""
NAMES = (
    *problems.FUNCTIONS, "task", "solution", "calc", "handle", "work", "fn", "evaluate", "get_result", "my_function",
)  # fmt: skip
LAYOUTS = {
    "ints": ("ints:n", "ints:line", "ints:rows"), "words": ("words:line", "words:rows"), "str": ("str:line",),
    "int": ("int:line",),
}  # fmt: skip
MARKS = ("{}. ", "{}) ", "({}) ", "Step {}: ", "step {}: ", "Step {}. ", "#{} ", "- ", "* ", "{}: ")
_GOES_ON = re.compile(r"\{(?:noun)?\} and \[?(?:return|print)")
"""Sentences that go on with a verb: after a clause within them it would be read as a part of the clause."""
FRAMES: dict[str, Any] = tomllib.loads(Path(__file__).with_name("frames.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class _Scene:
    """What every sentence of one statement has in common."""

    rng: Random
    steps: tuple[Step, ...]
    io: str
    name: str
    """The parameter as it is written here, or nothing where it has no name."""
    function: str = ""

    def draw(self, *path: str, ends: bool = False) -> str:
        """A text of `frames.toml`; `ends`: one that does not go on with a verb."""
        found: Any = FRAMES
        for key in path:
            found = found[key]
        if ends:
            found = [text for text in found if not _GOES_ON.search(text)]
        return say(expand(self.rng.choice(found), FRAMES["words"]), self.rng)

    def chance(self, share: float) -> bool:
        """True in that share of cases."""
        return self.rng.random() < share

    def upper(self, text: str) -> str:
        """The text as the beginning of a sentence; names and code stay as they are."""
        fixed = [name for name in (self.name, self.function) if name]
        if text[0] == "`" or any(re.match(rf"{name}\b", text) for name in fixed):
            return text
        return text[0].upper() + text[1:]

    def object(self, at: int, bare: bool = False) -> str:
        """What the operation works on, where the text before has told what that is; `bare`: perhaps only `it`."""
        if bare and self.steps[at].op.src == "int" and self.chance(0.3):
            return "it"
        if at:
            return self.draw("object", "later", self.steps[at].op.src)
        if self.name and self.chance(0.45):
            return self.name
        return self.draw("object", "first", self.steps[0].op.src)


def state_in(wording: str, steps: tuple[Step, ...], rng: Random) -> Stated:
    """Words for a chain, `plain` or `rich`."""
    return state(steps, rng) if wording == "rich" else problems.state(steps, rng)


def state(steps: tuple[Step, ...], rng: Random) -> Stated:
    """Rich words for a chain, as a function or a program."""
    if rng.random() < PLAIN:
        return problems.state(steps, rng)
    src: Kind = steps[0].op.src
    param = rng.choice(problems.PARAMS[src])
    if src == "dict" or rng.random() < 0.5:
        name = rng.choice(NAMES)
        tick = "`" if rng.random() < 0.3 or param == "a" else ""  # without, it would read as an article
        scene = _Scene(rng, steps, "function", f"{tick}{param}{tick}", name)
        signature = name if rng.random() < 0.3 else f"{name}({param})"
        text = _function(scene, {"sig": f"{tick}{signature}{tick}", "f": f"{tick}{name}{tick}", "name": scene.name})
        return Stated(steps, "function", src, _finish(scene, text), f"def {name}({param}):", name, param)
    form = rng.choice(LAYOUTS[src])
    scene = _Scene(rng, steps, "stdio", "")
    text = _program(scene, {"layout": scene.draw("layout", form)})
    return Stated(steps, "stdio", form, _finish(scene, text), "", None, param)


def _function(scene: _Scene, names: dict[str, str]) -> str:
    names["intro"] = scene.draw("intro", scene.steps[0].op.src)
    name = names["name"]
    names["p"] = scene.rng.choice(("", "", f" {name}", f" {name}", f" called {name}", f" named {name}", f" ({name})"))
    if scene.chance(0.3):
        clause = _as_clause(scene)
        if noun := _nested(scene, name, clause):
            kind = "wholebool" if scene.steps[-1].op.dst == "bool" else "whole"
            return scene.draw("function", kind, ends=clause).format(noun=noun, **names)
    return _told(scene, "function", names)


def _program(scene: _Scene, names: dict[str, str]) -> str:
    dst = scene.steps[-1].op.dst
    if dst in ("int", "str", "bool") and scene.chance(0.2):
        clause = _as_clause(scene)
        if noun := _nested(scene, scene.draw("object", "first", scene.steps[0].op.src), clause):
            end = scene.draw("stdio", "end", "whether" if dst == "bool" else "noun", ends=clause).format(noun)
            return f"{scene.draw('stdio', 'sentence').format(**names)} {end}"
    return _told(scene, "stdio", names)


def _told(scene: _Scene, io: str, names: dict[str, str]) -> str:
    """Lead, operations in order, ending; sometimes the ending names the last operation."""
    dst = scene.steps[-1].op.dst
    ending, told = _ending(scene, io), len(scene.steps)
    if (io == "function" or dst in ("int", "str", "bool")) and scene.chance(0.3):
        told -= 1
        ending = _merged(scene, io)
    style = scene.rng.choices(("sentence", "do", "steps"), (0.45, 0.3, 0.25))[0] if told else "sentence"
    lead = scene.draw(io, style).format(**names)
    if style == "steps":
        listed = _listed(scene, told)
        return lead + listed + ("\n" if "\n" in listed else " ") + ending
    body = _sentences(scene, told, low=style == "do") if told else ""
    return " ".join(part for part in (lead.strip(), body, ending) if part)


# ------------------------------------------------------------------------------------------------------------ clauses


def _fill(scene: _Scene, at: int, templates: Sequence[str], target: str) -> str:
    return scene.steps[at].fill(say(scene.rng.choice(templates), scene.rng)).replace("@", target)


def _wording(step: Step) -> Wording:
    return WORDINGS[step.op.name]


def _do(scene: _Scene, at: int, target: str = "") -> str:
    """The operation as an imperative."""
    step, wording = scene.steps[at], _wording(scene.steps[at])
    if not target and scene.chance(PLAIN):
        return step.fill(scene.rng.choice(step.op.phrases))
    if wording.whether:
        return scene.draw("sentence", "check").format(_fill(scene, at, wording.whether, target or scene.object(at)))
    if scene.chance(0.22):
        return scene.draw("sentence", "find").format(_fill(scene, at, wording.noun, target or scene.object(at)))
    return _fill(scene, at, wording.do, target or scene.object(at, bare=True))


def _clause(scene: _Scene, at: int) -> str:
    """The operation as a clause of any shape that can follow `then`."""
    wording, style = _wording(scene.steps[at]), scene.rng.random()
    if style < 0.2 and wording.fact:
        return _fill(scene, at, wording.fact, scene.object(at, bare=True))
    if style < 0.35 and wording.noun:
        return scene.draw("sentence", "noun").format(_fill(scene, at, wording.noun, scene.object(at)))
    return scene.draw("sentence", "modal" if style > 0.8 else "plain").format(_do(scene, at))


def _as_clause(scene: _Scene) -> bool:
    """Whether the operations before the last are to be a clause within the phrase for the chain."""
    return len(scene.steps) > 1 and scene.chance(0.35)


def _nested(scene: _Scene, target: str, clause: bool) -> str:
    """The whole chain as one phrase, or nothing where it would be unclear what belongs to what.

    Either noun phrases that each end in the one inside, or the operations before the last as a clause of their own.
    """
    last = len(scene.steps) - 1
    final = _wording(scene.steps[last])
    if clause:
        first, *others = (_do(scene, at, "" if at else target) for at in range(last))
        parts = [f"first {first}" if others else first, *(scene.draw("join", "and").format(other) for other in others)]
        target = scene.draw("got", scene.steps[last].op.src).format("".join(parts))
    else:
        for at in range(last):
            target = _fill(scene, at, [*filter(nests, _wording(scene.steps[at]).noun)], target)
    said: Sequence[str] = final.whether or final.noun
    if clause or (last and not final.whether):
        said = [*filter(closes, said)]
    return _fill(scene, last, said, target) if said else ""


# ------------------------------------------------------------------------------------------------------------- bodies


def _sentences(scene: _Scene, told: int, low: bool) -> str:
    """The first operations as sentences: one for all, or one each. `low`: the first begins within a sentence."""
    first = _do(scene, 0) if low else _clause(scene, 0)
    if told == 1:
        return f"{first}." if low else scene.upper(f"{first}.")
    if scene.chance(0.4):
        text = _inline(scene, [first, *(_do(scene, at) for at in range(1, told))]) + "."
        return text if low else scene.upper(text)
    parts = ["{}." if low else scene.draw("join", "first")]
    parts += [scene.draw("join", "next") for _ in range(told - 2)]
    parts += [scene.draw("join", "last" if told == len(scene.steps) and scene.chance(0.4) else "next")]
    clauses = [first, *(_clause(scene, at) for at in range(1, told))]
    texts = [part.format(clause) for part, clause in zip(parts, clauses, strict=True)]
    return " ".join([texts[0] if low else scene.upper(texts[0]), *map(scene.upper, texts[1:])])


def _inline(scene: _Scene, clauses: Sequence[str]) -> str:
    """Clauses as one sentence, in order."""
    last = len(clauses) - 1
    text = clauses[0]
    for at, clause in enumerate(clauses[1:], 1):
        text += scene.draw("join", "finally" if at == last > 1 else "then").format(clause)
    return text


def _listed(scene: _Scene, told: int) -> str:
    """The first operations as a list of steps under a heading."""
    head, mark = scene.draw("steps", "head" if told > 1 else "one"), scene.rng.choice(MARKS)
    clauses = [_clause(scene, at) if scene.chance(0.3) else _do(scene, at) for at in range(told)]
    if told == 1:
        return f"{head}: {clauses[0]}."
    if scene.chance(0.2):
        return f"{head}: " + "; ".join(clauses) + "."
    case, stop = scene.rng.choice((scene.upper, str)), scene.rng.choice(("", ".", ".", ";"))
    lines = [mark.format(number) + case(clause) + stop for number, clause in enumerate(clauses, 1)]
    if scene.chance(0.7) or stop in ("", ";"):
        return "\n".join([f"{head}:", *lines])
    return " ".join([f"{head}:", *lines])


def _ending(scene: _Scene, io: str) -> str:
    dst = scene.steps[-1].op.dst
    return scene.draw(io, "end", "any" if io == "function" and dst != "bool" and scene.chance(0.5) else dst)


def _merged(scene: _Scene, io: str) -> str:
    """An ending that is itself the last operation: a noun phrase, or for yes/no what is to be true."""
    last = len(scene.steps) - 1
    wording = _wording(scene.steps[last])
    said = _fill(scene, last, wording.whether or wording.noun, scene.object(last))
    return scene.draw(io, "end", "whether" if wording.whether else "noun").format(said)


# ----------------------------------------------------------------------------------------------------------- finishing


def _finish(scene: _Scene, text: str) -> str:
    """The statement with a remark now and then, and the slips of people who write fast."""
    if scene.chance(0.12):
        src = scene.steps[0].op.src
        told = "any" if (scene.io == "stdio" and src != "str") or scene.chance(0.4) else src
        text += " " + scene.draw("hint", told)
    text = re.sub(r" +(?=[.,;:](?:\s|$))", "", re.sub(r"  +", " ", text))
    if scene.chance(0.05):
        return text[0].lower() + text[1:]
    return scene.upper(text)
