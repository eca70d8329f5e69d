"""What a model wrote → a program or a predicted outcome. A reason on failure, never an exception on model text.

Knows the answer layouts of the two prompt styles; executes nothing.
"""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import replace
from typing import Literal, NamedTuple

from workers.pipeline import compare
from workers.pipeline.prompts import tagged
from workers.pipeline.syntax import defined, parse, stray
from workers.pipeline.types import Completion, FinishReason, Io, Prediction, PromptStyle, Rejected, Verdict

_FENCE = re.compile(r"^[ \t]*```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:^[ \t]*```|\Z)", re.MULTILINE | re.DOTALL)
_PYTHON = {"", "python", "python3", "py"}
_EXCEPTION = re.compile(r"\s*([A-Za-z_][\w.]*)")
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character: text with one cannot be encoded, so cannot be sent anywhere."""
_TAG = re.compile("|".join(re.escape(tag) for tag in tagged.SPECIAL_TOKENS))
_CHAT_TAG = re.compile(r"\[(OUTPUT|RAISES|ENDLESS)\]")
_VERDICT = re.compile(r"\[VERDICT\](.*?)\[/VERDICT\]", re.DOTALL)
_VERDICTS = {"True": Verdict.PASS, "False": Verdict.FAIL, "PASS": Verdict.PASS, "FAIL": Verdict.FAIL}
_Kind = Literal["output", "printed", "raises", "endless", "none"]
_KINDS: dict[str, _Kind] = {
    tagged.OUTPUT: "output",
    tagged.PRINTED: "printed",
    tagged.RAISES: "raises",
    tagged.ENDLESS: "endless",
    "OUTPUT": "output",
    "RAISES": "raises",
    "ENDLESS": "endless",
}


class _Answer(NamedTuple):
    """A predict completion taken apart."""

    narrative: str
    kind: _Kind
    content: str
    """The output, what follows the raises mark, or the reason for `none`."""
    whole: bool
    """False if the token limit may have cut the content short."""


def program(text: str, style: PromptStyle, io: Io, entry_point: str | None) -> str | Rejected:
    """The program in a solve or fix completion, or why there is none.

    A `function` program must define `entry_point` at its top level. Of several fenced blocks the last usable one
    counts. Never raises on text.
    """
    blocks = [_until_end(text)] if style == "tagged" else _fenced(text)
    fault: str | None = None
    for code in reversed(blocks):
        reason = _fault(code, io, entry_point)
        if reason is None:
            return code
        fault = fault or reason  # the last block is the one meant as the answer
    return Rejected(reason=fault or "no fenced program", text=text)


def prediction(completion: Completion, style: PromptStyle) -> Prediction:
    """The outcome a predict completion arrives at, without a confidence; `reason` says why there is none.

    An outcome that the token limit may have cut short is not read: `truncated` is set instead. Never raises on text.
    """
    cut = completion.finish is FinishReason.LENGTH
    answer = _tagged_answer(completion.text, cut) if style == "tagged" else _chat_answer(completion.text, cut)
    base = Prediction(narrative=answer.narrative, usage=completion.usage)
    if not answer.whole:
        return replace(base, truncated=True, reason="the token limit came before the outcome was complete")
    if answer.kind == "none":
        return replace(base, reason=answer.content)
    if answer.kind == "output":
        return replace(base, output=answer.content, finishes=True)
    if answer.kind == "printed":
        printed = _string(answer.content)
        if printed is None:
            return replace(base, reason="what it prints is no string literal")
        return replace(base, output=printed, finishes=True)
    if answer.kind == "endless":
        return replace(base, finishes=False)
    name = _EXCEPTION.match(answer.content)
    return replace(base, raises=name[1], finishes=True) if name else replace(base, reason="no exception name given")


def verdict(completion: Completion, style: PromptStyle) -> Verdict:
    """The verdict a verify completion arrives at; of several blocks the last counts. Never raises on text.

    ABSTAIN if there is none, if it is anything but one of the two words, or if the token limit came before its end.
    """
    text = completion.text
    if style == "chat":
        blocks = _VERDICT.findall(_without_thinking(text))
        return _VERDICTS.get(blocks[-1].strip(), Verdict.ABSTAIN) if blocks else Verdict.ABSTAIN
    cut = completion.finish is FinishReason.LENGTH and tagged.END not in text
    return Verdict.ABSTAIN if cut else _VERDICTS.get(_until_end(text).strip(), Verdict.ABSTAIN)


def _string(literal: str) -> str | None:
    """The text that a string literal stands for; None if it is anything else."""
    match compare.literal(literal):
        case (str(value),) if not _SURROGATE.search(value):
            return value
        case _:
            return None


def outcome_start(text: str, style: PromptStyle) -> int:
    """Where the outcome begins in a predict completion's text; its length if it holds none."""
    marks = _outcome_tags(text) if style == "tagged" else list(_CHAT_TAG.finditer(text))
    return marks[-1].start() if marks else len(text)


def _fault(code: str, io: Io, entry_point: str | None) -> str | None:
    """Why this text cannot be the program, or None if it can."""
    if not code.strip():
        return "empty program"
    tree = parse(code)
    if isinstance(tree, str):
        return f"does not parse: {tree}"
    if found := stray(tree):
        return found
    if io == "function":
        return None if entry_point is None or entry_point in defined(tree) else f"does not define {entry_point}"
    # prose can parse as Python ("no" is a name), but a program that calls nothing reads and prints nothing
    return None if any(isinstance(node, ast.Call) for node in ast.walk(tree)) else "calls nothing, so prints nothing"


def _until_end(text: str) -> str:
    """A tagged answer: everything before the end tag."""
    return text.split(tagged.END, 1)[0].strip("\n")


def _without_thinking(text: str) -> str:
    """A chat answer without the leading reasoning; some servers swallow its opening tag."""
    head, tag, tail = text.partition("</think>")
    if tag and ("<think>" not in head or head.lstrip().startswith("<think>")):
        return tail
    return "" if text.lstrip().startswith("<think>") else text


def _fenced(text: str) -> list[str]:
    """Python blocks of a chat answer in order; the whole answer where nothing is fenced."""
    answer = _without_thinking(text)
    if "```" not in answer:
        return [answer.strip("\n")] if answer.strip() else []
    blocks = [match[2] for match in _FENCE.finditer(answer) if match[1].lower() in _PYTHON]
    return [textwrap.dedent(block).strip("\n") for block in blocks]


def _outcome_tags(text: str) -> list[re.Match[str]]:
    return [match for match in _TAG.finditer(text) if match[0] in _KINDS]


def _tagged_answer(text: str, cut: bool) -> _Answer:
    answer = text.split(tagged.END, 1)[0]
    cut = cut and tagged.END not in text
    tags = _outcome_tags(answer)
    if not tags:
        return _Answer(answer, "none", "no outcome tag", whole=not cut)
    narrative, content = answer[: tags[-1].start()], answer[tags[-1].end() :]
    if _TAG.search(content):
        return _Answer(narrative, "none", "a stray tag in the outcome", whole=not cut)
    return _Answer(narrative, _KINDS[tags[-1][0]], content.strip("\n"), whole=not cut)


def _chat_answer(text: str, cut: bool) -> _Answer:
    answer = _without_thinking(text)
    marks = list(_CHAT_TAG.finditer(answer))
    if not marks:
        return _Answer(text, "none", "no outcome block", whole=not cut)
    mark = marks[-1]
    content, closed, _ = answer[mark.end() :].partition(f"[/{mark[1]}]")
    return _Answer(answer[: mark.start()].strip(), _KINDS[mark[1]], _bare(content), whole=bool(closed) or not cut)


def _bare(content: str) -> str:
    """The content of an outcome block: on the tag's own line, or on lines of its own, perhaps fenced."""
    if not content.startswith("\n"):
        return content.strip()
    fenced = _FENCE.fullmatch(content.strip())
    return (fenced[2] if fenced else content[1:]).rstrip()
