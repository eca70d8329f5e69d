"""The `tagged` style: a few special tokens, for models this project trains from scratch.

    solve    <|solve|> statement <|starter|> starter code <|code|>          → program <|end|>
    predict  <|predict|> <|code|> program <|input|> input <|trace|>         → narrative outcome <|end|>
    fix      <|fix|> statement <|code|> program (<|input|> … <|expected|> … <|predicted|> …)* <|repair|>
                                                                            → program <|end|>
    verify   <|fix|> statement <|code|> program <|input|> … <|expected|> … <|trace|>
                                                                            → True <|end|> or False <|end|>
    outcome  <|output|> literal   or   <|printed|> literal   or   <|raises|> exception name   or   <|endless|>

`predict` shows neither the problem nor the expected output: a fresh context. In `fix`, <|predicted|> is followed by an
outcome (the tag of an output is left out); `verify` needs no tag of its own, as nothing else puts <|trace|> after
<|expected|>. Texts on standard input and output are written as Python string literals, so
that a small model meets every string value in one spelling; programs are laid out anew, without comments, and so are
arguments (`{"a":1}` as `{'a': 1}`). The tags are single tokens of the checkpoint's tokenizer and are stripped from user
text, so that text can never pass for structure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from workers.pipeline.syntax import laid_out, values_laid_out
from workers.pipeline.types import Candidate, Io, IOTest, Prediction, Problem, Prompt

SOLVE, PREDICT, FIX = "<|solve|>", "<|predict|>", "<|fix|>"
STARTER, CODE, INPUT, TRACE = "<|starter|>", "<|code|>", "<|input|>", "<|trace|>"
EXPECTED, PREDICTED, REPAIR = "<|expected|>", "<|predicted|>", "<|repair|>"
OUTPUT, PRINTED, RAISES, ENDLESS, END = "<|output|>", "<|printed|>", "<|raises|>", "<|endless|>", "<|end|>"
PAD = "<|pad|>"

SPECIAL_TOKENS = (
    PAD, END, SOLVE, PREDICT, FIX, STARTER, CODE, INPUT, TRACE, EXPECTED, PREDICTED, REPAIR, OUTPUT, PRINTED, RAISES,
    ENDLESS,
)  # fmt: skip
_TAG = re.compile(r"<\|[a-z]+\|>")


def clean(text: str) -> str:
    """User text without anything that reads as a tag, line ends folded, outer blank lines dropped."""
    text = text.replace("\r\n", "\n").strip("\n")
    while _TAG.search(text):  # removing one tag may join two halves into another
        text = _TAG.sub("", text)
    return text


def solve(problem: Problem) -> Prompt:
    """Statement and starter code; the completion is the whole program, starter included."""
    return Prompt(text=f"{SOLVE}{clean(problem.statement)}{STARTER}{clean(starter(problem))}{CODE}", stop=(END,))


def starter(problem: Problem) -> str:
    """The start of the program: given, or for a function its bare `def`, or nothing for stdin programs."""
    if problem.starter_code:
        return problem.starter_code
    return f"def {problem.entry_point}" if problem.entry_point else ""


def predict(code: str, input: str, io: Io = "function", entry_point: str | None = None) -> Prompt:
    """Program and input; the completion is a compact narrative followed by the outcome."""
    program = layout(code, entry_point)  # a tagged model calls the last function
    return Prompt(text=f"{PREDICT}{CODE}{program}{INPUT}{literal(input, io)}{TRACE}", stop=(END,))


def fix(problem: Problem, candidate: Candidate, evidence: Sequence[tuple[IOTest, Prediction]]) -> Prompt:
    """Problem, program and, per shown test, input, expected and predicted outcome; the completion is a program."""
    shown = "".join(
        f"{INPUT}{literal(test.input, problem.io)}{EXPECTED}{literal(test.output or '', problem.io)}"
        f"{PREDICTED}{outcome(prediction, problem.io)}"
        for test, prediction in evidence
    )
    return Prompt(text=f"{FIX}{clean(problem.statement)}{CODE}{layout(candidate.code)}{shown}{REPAIR}", stop=(END,))


def verify(problem: Problem, code: str, test: IOTest) -> Prompt:
    """Problem, program and one test with its expected output; the completion is `True` if the program passes."""
    shown = f"{INPUT}{literal(test.input, problem.io)}{EXPECTED}{literal(test.output or '', problem.io)}"
    return Prompt(text=f"{FIX}{clean(problem.statement)}{CODE}{layout(code)}{shown}{TRACE}", stop=(END,))


def outcome(prediction: Prediction, io: Io) -> str:
    """A prediction as the model itself would write it; an output comes without its tag."""
    if prediction.raises is not None:
        return RAISES + clean(prediction.raises)
    if prediction.finishes is False:
        return ENDLESS
    return literal(prediction.output or "", io)


def literal(text: str, io: Io) -> str:
    """An input or output as it stands in a prompt, in one layout: the literal of the text for stdio, else literals."""
    return clean(repr(text) if io == "stdio" else values_laid_out(text) or text)


def layout(code: str, last: str | None = None) -> str:
    """A program as the model was taught it: one layout, no comments; left as it is where it does not parse.

    The function to call, `last`, comes last.
    """
    return clean(laid_out(code, last) or code)
