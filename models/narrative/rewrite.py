"""Rewriting: a language model turns a trace into an explanation, which is kept only if it does not contradict the run.

After NLEX (arXiv 2604.03253, section 3): the model sees program, input and trace and explains the run in its own words.
The paper keeps an explanation whose stated output is right. Here three things are checked:

- the outcome block says what really happened: the output by value, the exception by its type, or that it never ends;
- every claim that `models.narrative.claims` finds is true. Such a claim says of a variable that it has a value written
  as a Python literal (`total = 1 + 2 = 3`, `xs is now [1]`, "total increases to 3", "the value of total is 3"); in the
  order of the text they must be a walk through the run;
- there is at least one such claim, and none of the known ways to speak of the trace, which the reader does not have.

Nothing else is: values in words, parts of values, comparisons, arithmetic, which line or branch runs, how many rounds a
loop takes, what is printed on the way, what is left out, reasons, and in which call a variable holds its value. A kept
explanation has a true outcome and true values where it states them in that form; its other sentences are the model's.
What is dropped is counted by reason.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.narrative import claims, compact, explanation, journal
from models.narrative.explanation import KEPT, Task
from models.trace.types import Trace
from workers.pipeline import compare, parse
from workers.pipeline.completer import Completer, CompletionRequest
from workers.pipeline.errors import ContextLengthError
from workers.pipeline.types import Completion, Io, Prediction, Prompt

REASONS = (
    "cut off", "text that cannot be encoded", "no outcome stated", "wrong outcome", "nothing checkable", "false claim",
    "speaks of the trace", "does not fit the context",
)  # fmt: skip
"""Why an explanation is dropped; asked in this order, the last one before the model is."""
_TRACE = re.compile(r"\b(?:the|this|given|provided) (?:execution )?(?:trace|log)\b", re.I)
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, which a server may send: it cannot be written."""
_SYSTEM = (
    "You are an expert programmer who explains what a program does when it runs, step by step, with the concrete value "
    "of every variable. The program may hold bugs and its names may mislead: say what happens, not what was meant. "
    "Do not suggest changes."
)
_TASK = (
    "Explain this run to a colleague who cannot run the program: in order, with values, so that each can be checked. "
    "When a variable changes, say so as `name = value`, the value written as Python writes it. Loops may be summed up "
    "once their pattern is clear. The record of the run tells you what really happens, follow it even where it looks "
    "wrong, but your reader does not have it: do not mention it."
)
_END = (
    "End with one block: [OUTPUT] and [/OUTPUT] around {what}; or, if an exception escapes, [RAISES]its type[/RAISES]; "
    "or, if it never ends, [ENDLESS][/ENDLESS]."
)


@dataclass(frozen=True, slots=True)
class Params:
    """How explanations are asked for."""

    max_tokens: int = 1024
    temperature: float = 0.6
    top_p: float = 0.95
    seed: int = 0
    concurrency: int = 32


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a rewrite will cost, before it starts. Tokens are guessed from characters."""

    requests: int
    prompt_tokens: int
    completion_tokens: int

    def price(self, per_million_in: float, per_million_out: float) -> float:
        """In the currency of the prices, which are per million tokens."""
        return (self.prompt_tokens * per_million_in + self.completion_tokens * per_million_out) / 1e6


def prompt(task: Task) -> Prompt:
    """The request for one explanation."""
    source, called = task.source, task.source.io == "function"
    what = "the returned value as `repr` writes it" if called else "exactly the text that is printed"
    call = f"{source.entry_point or 'f'}({task.given})" if called else f"standard input {task.given!r}"
    user = "\n\n".join((
        f"The program:\n```python\n{source.code}\n```", f"It is run with {call}.",
        f"Record of the run (executed line, then what it changed):\n```\n{compact.narrate(source.code, task.run)}\n```",
        f"The outcome: {_outcome(task.run)}", _TASK, _END.format(what=what),
    ))  # fmt: skip
    return Prompt(messages=({"role": "system", "content": _SYSTEM}, {"role": "user", "content": user}))


def verdict(text: Completion, task: Task) -> str:
    """`KEPT`, or the first of `REASONS` that speaks against an explanation."""
    read = parse.prediction(text, "chat")
    if read.truncated:
        return "cut off"
    if _SURROGATE.search(text.text):
        return "text that cannot be encoded"
    if read.finishes is None:
        return "no outcome stated"
    if not agrees(read, task.run, task.source.io):
        return "wrong outcome"
    found = claims.claims(read.narrative, task.source.code, task.run)
    if not found:
        return "nothing checkable"
    if claims.first_false(found, task.run):
        return "false claim"
    return "speaks of the trace" if _TRACE.search(read.narrative) else KEPT


def agrees(read: Prediction, run: Trace, io: Io) -> bool:
    """Whether a stated outcome is that of the run."""
    if read.finishes is None or (read.raises, read.finishes is False) != (run.raised, run.endless):
        return False
    return run.output is None or compare.matches(read.output or "", run.output, io)


def estimate(tasks: Sequence[Task], params: Params, per_token: float = 3.5) -> Estimate:
    """Requests and tokens; an explanation is taken to be twice as long as the record of the run."""
    asked = [sum(len(m["content"]) for m in prompt(task).messages or ()) for task in tasks]
    records = [len(compact.narrate(task.source.code, task.run)) for task in tasks]
    told = [min(params.max_tokens, 60 + 2 * length / per_token) for length in records]
    return Estimate(len(tasks), round(sum(asked) / per_token), round(sum(told)))


async def rewrite(
    tasks: Sequence[Task],
    completer: Completer,
    params: Params,
    out: Path,
    on_progress: Callable[[int, int], None] | None = None,
) -> Counter[str]:
    """Explain every run that `out` does not hold yet; returns counts by verdict, earlier ones included.

    `out` is a journal of `models.narrative.explanation` rows, written as each answer comes, so a run killed at any
    moment is taken up where it was. Raises what the completer raises for a server that fails; what was answered by then
    is in the journal.
    """
    with journal.opened(out) as done:
        open_ = [task for task in tasks if task.id not in done.ids]
        gate, answered = asyncio.Semaphore(params.concurrency), len(tasks) - len(open_)

        async def one(task: Task) -> None:
            nonlocal answered
            async with gate:
                row = await _explain(task, completer, params)
            done.append(row)
            answered += 1
            if on_progress:
                on_progress(answered, len(tasks))

        try:
            async with asyncio.TaskGroup() as group:
                for task in open_:
                    group.create_task(one(task))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        wanted = {task.id for task in tasks}
        return Counter(row["verdict"] for row in done.rows() if row["id"] in wanted)


async def _explain(task: Task, completer: Completer, params: Params) -> journal.Row:
    request = CompletionRequest(prompt(task), params.max_tokens, params.temperature, params.top_p, params.seed)
    try:
        answer = await completer.complete(request)
    except ContextLengthError:
        return explanation.row(task, "does not fit the context", None)
    return explanation.row(task, verdict(answer, task), answer.text)


def _outcome(run: Trace) -> str:
    if run.raised is not None:
        return f"{run.raised} is raised"
    return "it never ends" if run.endless else str(run.output)
