"""The prose narrative: the run told as a careful person would, in numbered steps, then the answer.

    1. `f` is called with nums = [3, 1] and k = 2.
    2. `total = 0`: total is 0.
    3. `for x in nums` goes round 2 times:
       - Round 1: x is 3. 3 > 2 holds. total becomes 3 (0 + 3).
       - Round 2: x is 1. 1 > 2 does not hold.
    4. `return total` returns 3.

    So the call returns 3.

    [OUTPUT]
    3
    [/OUTPUT]

The layout is that of CRUXEval's chain of thought (arXiv 2401.03065), the outcome block the one that
`workers.pipeline.prompts.chat` asks for. A loop of many rounds is told by its first rounds, a summary of the middle
with every value its variables took, and its last round. The wording varies with a seed; everything said was observed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from models.narrative.rounds import Inside, Line, Loop, Node, Round, Shape, nodes
from models.trace import workings
from models.trace.tracer import Trace, TraceStep

FIRST = 3
"""Rounds of a long loop told before the summary."""
WHOLE = 6
"""A loop of at most so many rounds is told in full."""
ENDLESS_STEPS = 24
"""How much of a run that does not finish is told."""
DEEPEST = 3
"""Loops and calls nested deeper are summed up."""


@dataclass(frozen=True, slots=True)
class _Wording:
    """One choice of words for a whole narrative."""

    sets: str
    becomes: str
    holds: str
    fails: str
    calls: str


WORDINGS = (
    _Wording("is", "becomes", "holds", "does not hold", "This calls"),
    _Wording("is", "is now", "is true", "is false", "That calls"),
    _Wording("is set to", "becomes", "is true", "is not true", "Here the program calls"),
)


def narrate(code: str, run: Trace, io: str, seed: int = 0) -> str:
    """The whole answer: numbered steps, one sentence on the outcome, the outcome block."""
    steps = run.steps[:ENDLESS_STEPS] if run.endless else run.steps
    teller = _Teller(Shape(code), Random(seed).choice(WORDINGS))
    told = [text for node in nodes(steps, teller.shape) for text in teller.tell(node, 0)]
    numbered = "\n".join(_numbered(number, text) for number, text in enumerate(told, 1))
    return f"{numbered}\n\n{_conclusion(run, io)}\n\n{outcome(run)}"


def outcome(run: Trace) -> str:
    """The outcome block."""
    if run.raised is not None:
        return f"[RAISES]\n{run.raised}\n[/RAISES]"
    return "[ENDLESS][/ENDLESS]" if run.endless else f"[OUTPUT]\n{run.output}\n[/OUTPUT]"


def _conclusion(run: Trace, io: str) -> str:
    if run.raised is not None:
        return f"So the run ends with {_article(run.raised)}."
    if run.endless:
        return "This goes on for ever: nothing that happens in the loop ends it."
    if io == "function":
        return f"So the call returns {run.output}."
    return f"So all that is printed is {run.output!r}." if run.output else "So nothing is printed."


def _numbered(number: int, text: str) -> str:
    head, *rest = text.split("\n")
    return "\n".join([f"{number}. {head}", *("   " + line for line in rest)])


class _Teller:
    def __init__(self, shape: Shape, wording: _Wording) -> None:
        self.shape = shape
        self.say = wording
        self.seen: set[tuple[int, str]] = set()  # variables that have had a value, by frame

    def tell(self, node: Node, depth: int) -> list[str]:
        """The sentences of a node, each a step of its own at the top."""
        if isinstance(node, Line):
            text = self.line(node.step)
            return [text] if text else []
        if isinstance(node, Inside):
            return [self.inside(node, depth)]
        return [self.loop(node, depth)]

    def inside(self, node: Inside, depth: int) -> str:
        """What happens in a call of one of the program's own functions."""
        first = node.body[0]
        name = self.shape.functions.get(first.step.line, "a function") if isinstance(first, Line) else "a function"
        given = self.line(first.step) if isinstance(first, Line) else ""
        body = node.body[1:] if given else node.body
        head = given or f"{self.say.calls} `{name}`."
        if depth >= DEEPEST:
            return f"{head} {self.end(node)}".strip()
        return "\n".join([head, *(_bullet(text) for part in body for text in self.tell(part, depth + 1))])

    def end(self, node: Inside) -> str:
        """How a call ended that is not told."""
        self.forget(node)
        last = node.body[-1]
        while isinstance(last, Loop) and last.rounds[-1].body:
            last = last.rounds[-1].body[-1]
        step = last.step if isinstance(last, Line) else None
        if step is not None and step.value is not None:
            return f"It returns {step.value}."
        return f"It raises {step.raised}." if step is not None and step.raised else ""

    def forget(self, node: Node) -> None:
        """Mark the variables of steps that are not told."""
        for step in node.steps():
            self.seen |= {(step.frame, name) for name in step.changes}

    def loop(self, loop: Loop, depth: int) -> str:
        rounds = [r for r in loop.rounds if r.body]
        source = self.shape.text(loop.line)
        if not rounds:
            return f"`{source}` is skipped: {self.over(loop)}."
        count = "once" if len(rounds) == 1 else f"{len(rounds)} times"
        lines = [f"`{source}` goes round {count}:"]
        long = len(rounds) > WHOLE or depth >= DEEPEST
        for number, one in enumerate(rounds, 1):
            if not long or number <= FIRST or number == len(rounds):
                told = [self.head(one.head), *(t for node in one.body for t in self.tell(node, depth + 1))]
                lines.append(_bullet(f"Round {number}: " + _joined([t for t in told if t])))
            elif number == FIRST + 1:
                lines.append(_bullet(self.middle(rounds[FIRST:-1], number)))
        return "\n".join(lines)

    def over(self, loop: Loop) -> str:
        notes = ", ".join(workings.kept(loop.rounds[-1].head.told))
        if loop.line in self.shape.loops:
            return "there is nothing to go over" + (f" ({notes})" if notes else "")
        return f"its condition {self.say.fails}" + (f" ({notes})" if notes else "")

    def middle(self, rounds: Sequence[Round], number: int) -> str:
        """A summary of the rounds between the first ones and the last, with every value they gave."""
        values: dict[str, list[str]] = {}
        for one in rounds:
            for step in one.steps():
                self.seen |= {(step.frame, name) for name in step.changes}
                for name, text in step.changes.items():
                    values.setdefault(name, []).append(text)
        last = number + len(rounds) - 1
        which = f"Round {number} goes" if last == number else f"Rounds {number} to {last} go"
        went = ", ".join(f"{name} through {' → '.join(texts)}" for name, texts in values.items())
        return f"{which} on the same way" + (f", {went}." if went else ".")

    def head(self, step: TraceStep) -> str:
        """A loop head that enters its body."""
        notes = workings.kept(step.told)
        if step.line in self.shape.loops:
            return self.changes(step, ())
        return f"The condition {self.say.holds}" + (f" ({', '.join(notes)})." if notes else ".")

    def line(self, step: TraceStep) -> str:
        """One executed line, or the start of a call; empty where nothing is worth saying."""
        source, notes = self.shape.text(step.line), workings.kept(step.told)
        if step.line in self.shape.functions and not step.calls and step.value is None:
            given = " and ".join(f"{name} = {text}" for name, text in step.changes.items())
            self.seen |= {(step.frame, name) for name in step.changes}
            return f"`{self.shape.functions[step.line]}` is called" + (f" with {given}." if given else ".")
        if step.raised is not None:
            return f"`{source}` raises {_article(step.raised)}" + _because(notes) + "."
        if step.calls:
            return f"`{source}` needs a call first" + _because(notes) + "."
        if step.line in self.shape.branches:
            entered = self.shape.entered.get(id(step), False)
            return f"`{source}` {self.say.holds if entered else self.say.fails}" + _because(notes) + "."
        if step.value is not None:
            return f"`{source}` returns {step.value}" + _because(notes) + "."
        if source in ("pass", "try:", "else:", "finally:"):
            return ""
        if source == "break":
            return "`break` leaves the loop."
        if source == "continue":
            return "`continue` goes on to the next round."
        said = [text for text in (self.changes(step, notes).rstrip("."), self.printed(step)) if text]
        if not said:
            return f"`{source}` changes nothing" + _because(notes) + "."
        return f"`{source}`: " + " and ".join(said) + "."

    def printed(self, step: TraceStep) -> str:
        return f"this prints {step.printed!r}" if step.printed else ""

    def changes(self, step: TraceStep, notes: Sequence[str]) -> str:
        parts = []
        for name, text in step.changes.items():
            verb = self.say.becomes if (step.frame, name) in self.seen else self.say.sets
            self.seen.add((step.frame, name))
            parts.append(f"{name} {verb} {text}")
        return (" and ".join(parts) + _because(notes) + ".") if parts else ""


def _because(notes: Sequence[str]) -> str:
    return f" ({', '.join(notes)})" if notes else ""


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "AEIOU" else f"a {kind}"


def _bullet(text: str) -> str:
    head, *rest = text.split("\n")
    return "\n".join([f"- {head}", *("  " + line for line in rest)])


def _joined(sentences: Sequence[str]) -> str:
    """Sentences on one line, up to the first that has lines of its own; from there on, one below the other."""
    if not any("\n" in sentence for sentence in sentences):
        return " ".join(sentences)
    first = next(i for i, sentence in enumerate(sentences) if "\n" in sentence)
    return "\n".join([" ".join(sentences[:first]) or "as follows.", *map(_bullet, sentences[first:])])
