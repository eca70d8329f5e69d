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
from models.trace.types import Trace, TraceStep

FIRST = 3
"""Rounds of a long loop told before the summary."""
WHOLE = 6
"""A loop of at most so many rounds is told in full."""
ENDLESS_STEPS = 24
"""How much of a run that does not finish is told."""
DEEPEST = 3
"""Loops and calls nested deeper are summed up."""
SAID = {
    "break": "`break` leaves the loop.", "continue": "`continue` goes on to the next round.",
    "pass": "", "try:": "", "else:": "", "finally:": "",
}  # fmt: skip
"""What is said of lines that always do the same."""


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
    called = {step.frame: id(step) for step in reversed(steps)}  # the first step of each frame
    if io == "stdio" and steps:
        del called[steps[0].frame]  # that of the module, which nobody calls
    teller = _Teller(Shape(code), Random(seed).choice(WORDINGS), frozenset(called.values()))
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
    def __init__(self, shape: Shape, wording: _Wording, called: frozenset[int]) -> None:
        self.shape = shape
        self.say = wording
        self.called = called
        """ids of the steps that begin a call."""
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
        """What happens in a call of one of the program's own functions, or while a generator goes on."""
        first = node.body[0]
        name = self.shape.functions.get(first.step.line, "a function") if isinstance(first, Line) else "a function"
        given = self.line(first.step) if isinstance(first, Line) else ""
        body = node.body[1:] if given else node.body
        goes_on = next(node.steps()).resumed
        head = given or ("The generator goes on." if goes_on else f"{self.say.calls} `{name}`.")
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
            return f"It {self.hands_over(step)} {step.value}."
        return f"It raises {step.raised}." if step is not None and step.raised else ""

    def forget(self, node: Node) -> None:
        """Mark the variables of steps that are not told."""
        for step in node.steps():
            self.seen |= {(step.frame, name) for name in step.changes}

    def loop(self, loop: Loop, depth: int) -> str:
        rounds = [r for r in loop.rounds if r.body]
        source = self.shape.text(loop.line)
        if not rounds:
            return f"`{source}` is {'over' if loop.earlier else 'skipped'}: {self.over(loop)}."
        lines = [f"`{source}` {self.goes_round(loop, len(rounds))}:"]
        long = len(rounds) > WHOLE or depth >= DEEPEST
        for number, one in enumerate(rounds, 1):
            if not long or number <= FIRST or number == len(rounds):
                parts = [self.tell(node, depth + 1) for node in one.before]
                parts += [[self.head(one.head)], *(self.tell(node, depth + 1) for node in one.body)]
                told = [text for part in parts for text in part if text]
                lines.append(_bullet(f"Round {loop.earlier + number}: " + _joined(told)))
            elif number == FIRST + 1:
                lines.append(_bullet(self.middle(rounds[FIRST:-1], loop.earlier + number)))
        return "\n".join(lines)

    @staticmethod
    def goes_round(loop: Loop, rounds: int) -> str:
        """How often; while a generator rests inside the loop that is not known."""
        if loop.earlier:
            return "goes on"
        if loop.open:
            return "begins to go round"
        return "goes round once" if rounds == 1 else f"goes round {rounds} times"

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
            return self.function(step)
        if step.resumed and step.line not in self.shape.branches:
            return self.resumed(step)
        if step.raised is not None:
            return f"`{source}` raises {_article(step.raised)}" + _because(notes) + "."
        if step.calls:  # a jump only calls what is left to do in a generator that it throws away
            needs = "lets other code run first" if source in SAID else "needs a call first"
            return f"`{source}` {needs}{_because(notes)}."
        if step.line in self.shape.branches and not self.shape.rests(step):
            entered = self.shape.entered.get(id(step), False)
            goes_on = "The generator goes on: " if step.resumed else ""
            return f"{goes_on}`{source}` {self.say.holds if entered else self.say.fails}" + _because(notes) + "."
        if step.value is not None:
            return f"`{source}` {self.hands_over(step)} {step.value}" + _because(notes) + "."
        if source in SAID:
            return SAID[source]
        said = [text for text in (self.changes(step, notes).rstrip("."), self.printed(step)) if text]
        if not said:
            return f"`{source}` changes nothing" + _because(notes) + "."
        return f"`{source}`: " + " and ".join(said) + "."

    def function(self, step: TraceStep) -> str:
        """The line of a `def`: a call of the function, or its definition."""
        name = f"`{self.shape.functions[step.line]}`"
        given = " and ".join(f"{name} = {text}" for name, text in step.changes.items())
        self.seen |= {(step.frame, name) for name in step.changes}
        if id(step) not in self.called:
            return f"{name} is defined."
        return f"{name} is called" + (f" with {given}." if given else ".")

    def hands_over(self, step: TraceStep) -> str:
        """How a value leaves its frame."""
        return "yields" if self.shape.rests(step) else "returns"

    def resumed(self, step: TraceStep) -> str:
        """The rest of a `yield` line; a generator that is closed goes on there too, if it has anything left to do."""
        text, notes = f"The generator goes on at `{self.shape.text(step.line)}`", workings.kept(step.told)
        if step.raised is not None:
            return f"{text}, which raises {_article(step.raised)}{_because(notes)}."
        if step.calls:
            return f"{text}, which needs a call first{_because(notes)}."
        if step.value is not None:
            return f"{text}, which {self.hands_over(step)} {step.value}{_because(notes)}."
        said = [part for part in (self.changes(step, notes).rstrip("."), self.printed(step)) if part]
        return text + (": " + " and ".join(said) if said else _because(notes)) + "."

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
