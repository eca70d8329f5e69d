"""Rewriting: a language model turns a trace into an explanation, which is kept only if it is true.

After NLEX (arXiv 2604.03253, section 3): the model sees program, input and trace and explains the run in its own words.
The paper keeps an explanation whose stated output is right; here every checkable claim on the way must hold in the
trace as well (`models.narrative.claims`). What is dropped is counted by reason.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.narrative import claims, compact, journal
from models.trace.tracer import Trace
from workers.pipeline import compare, parse
from workers.pipeline.completer import Completer, CompletionRequest
from workers.pipeline.errors import ContextLengthError
from workers.pipeline.types import Completion, Io, Prediction, Prompt

KEPT = "kept"
REASONS = (
    "cut off", "no outcome stated", "wrong outcome", "nothing checkable", "false claim", "speaks of the trace",
    "does not fit the context",
)  # fmt: skip
"""Why an explanation is dropped; asked in this order, the last one before the model is."""
_TRACE = re.compile(r"\b(?:the|this|given|provided) (?:execution )?(?:trace|log)\b", re.I)
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
class Task:
    """A run to be explained."""

    id: str
    code: str
    io: Io
    entry_point: str | None
    given: str
    run: Trace


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
    what = "the returned value as `repr` writes it" if task.io == "function" else "exactly the text that is printed"
    call = f"{task.entry_point or 'f'}({task.given})" if task.io == "function" else f"standard input {task.given!r}"
    user = "\n\n".join((
        f"The program:\n```python\n{task.code}\n```", f"It is run with {call}.",
        f"Record of the run (executed line, then what it changed):\n```\n{compact.narrate(task.code, task.run)}\n```",
        f"The outcome: {_outcome(task.run)}", _TASK, _END.format(what=what),
    ))  # fmt: skip
    return Prompt(messages=({"role": "system", "content": _SYSTEM}, {"role": "user", "content": user}))


def verdict(text: Completion, task: Task) -> str:
    """`KEPT`, or the first of `REASONS` that speaks against an explanation."""
    read = parse.prediction(text, "chat")
    if read.truncated:
        return "cut off"
    if read.finishes is None:
        return "no outcome stated"
    if not _right(read, task):
        return "wrong outcome"
    found = claims.claims(read.narrative, task.code, task.run)
    if not found:
        return "nothing checkable"
    if claims.first_false(found, task.run):
        return "false claim"
    return "speaks of the trace" if _TRACE.search(read.narrative) else KEPT


def _right(read: Prediction, task: Task) -> bool:
    if (read.raises, read.finishes is False) != (task.run.raised, task.run.endless):
        return False
    return task.run.output is None or compare.matches(read.output or "", task.run.output, task.io)


def estimate(tasks: Sequence[Task], params: Params, per_token: float = 3.5) -> Estimate:
    """Requests and tokens; an explanation is taken to be twice as long as the record of the run."""
    asked = [sum(len(m["content"]) for m in prompt(task).messages or ()) for task in tasks]
    told = [min(params.max_tokens, 60 + 2 * len(compact.narrate(task.code, task.run)) / per_token) for task in tasks]
    return Estimate(len(tasks), round(sum(asked) / per_token), round(sum(told)))


async def rewrite(
    tasks: Sequence[Task],
    completer: Completer,
    params: Params,
    out: Path,
    on_progress: Callable[[int, int], None] | None = None,
) -> Counter[str]:
    """Explain every run that `out` does not hold yet; returns counts by verdict, earlier ones included.

    `out` is a journal, one JSON line per task with id, verdict, and the explanation if it was kept, written as each
    answer comes, so a run killed at any moment is taken up where it was. Raises what the completer raises for a server
    that fails; what was answered by then is in the journal.
    """
    with journal.opened(out) as done:
        open_ = [task for task in tasks if task.id not in done.ids]
        gate = asyncio.Semaphore(params.concurrency)

        async def one(task: Task) -> None:
            async with gate:
                row = await _explain(task, completer, params)
            done.append(row)
            if on_progress:
                on_progress(len(done.ids), len(tasks))

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
        return {"id": task.id, "verdict": "does not fit the context"}
    found = verdict(answer, task)
    return {"id": task.id, "verdict": found} | ({"explanation": answer.text.strip()} if found == KEPT else {})


def _outcome(run: Trace) -> str:
    if run.raised is not None:
        return f"{run.raised} is raised"
    return "it never ends" if run.endless else str(run.output)
