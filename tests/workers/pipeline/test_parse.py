from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.pipeline import parse
from workers.pipeline.prompts.tagged import SPECIAL_TOKENS
from workers.pipeline.types import Completion, FinishReason, Prediction, PromptStyle, Rejected, Verdict

PIECES = [
    *SPECIAL_TOKENS, "```", "```python\n", "\n```\n", "[OUTPUT]", "[/OUTPUT]", "[RAISES]", "[ENDLESS]", "<think>",
    "</think>", "def f(x):\n    return x\n", "print(1)\n", "\n", " ", "\\d", "'", '"""', "\0", "\ud800", "(" * 300, "1",
]  # fmt: skip
MODEL_TEXT = st.text() | st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map("".join)
STYLES: list[PromptStyle] = ["chat", "tagged"]


@given(MODEL_TEXT, st.sampled_from(STYLES), st.sampled_from(list(FinishReason)))
def test_no_model_text_raises(text: str, style: PromptStyle, finish: FinishReason) -> None:
    for found in (parse.program(text, style, "function", "f"), parse.program(text, style, "stdio", None)):
        assert isinstance(found, str | Rejected)
    prediction = parse.prediction(Completion(text, finish), style)
    told = [prediction.output is not None, prediction.raises is not None, prediction.finishes is False]
    assert sum(told) == (prediction.finishes is not None)
    assert prediction.finishes is not None or prediction.reason
    assert 0 <= parse.outcome_start(text, style) <= len(text)
    assert isinstance(parse.verdict(Completion(text, finish), style), Verdict)


@pytest.mark.parametrize("hostile", ["-" * 50_000 + "1", "x" + ".b" * 30_000, "f" + "()" * 30_000, "x=1;" * 30_000])
def test_hostile_programs_are_rejected(hostile: str) -> None:
    assert isinstance(parse.program(hostile, "tagged", "stdio", None), Rejected)


def test_a_tagged_program_ends_at_the_end_tag() -> None:
    assert (
        parse.program("\ndef f(x):\n    return x\n<|end|>rest", "tagged", "function", "f") == "def f(x):\n    return x"
    )


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "empty program"),
        ("def g(x):\n    return x", "does not define f"),
        ("class A:\n    def f(self): pass", "does not define f"),
        ("async def f(x): pass", "does not define f"),
        ("f = 1", "does not define f"),
        ("def f(x):\nreturn x", "does not parse: line 2"),
        ("def f(x):\n    y = x\nreturn y", "line 3: return outside of a function"),
    ],
)
def test_a_function_program_must_define_its_entry_point(code: str, reason: str) -> None:
    found = parse.program(code, "tagged", "function", "f")
    assert isinstance(found, Rejected)
    assert found.reason.startswith(reason)


@pytest.mark.parametrize("code", ["f = lambda x: x", "def g(x): return x\nf = g", "import math\nf = math.floor"])
def test_a_function_may_be_defined_by_assignment(code: str) -> None:
    assert parse.program(code, "tagged", "function", "f") == code


def test_prose_is_no_stdio_program() -> None:
    assert isinstance(parse.program("no", "tagged", "stdio", None), Rejected)
    assert parse.program("print(input())", "tagged", "stdio", None) == "print(input())"


def test_the_last_usable_fenced_block_of_a_chat_answer_is_the_program() -> None:
    text = textwrap.dedent("""\
        <think>
        ```python
        def f(x): return "thought"
        ```
        </think>
        First try:
        ```python
        def f(x): return 1
        ```
        Better:
          ```py
          def f(x):
              return 2
          ```
        Try it:
        ```python
        print(f(1))
        ```
        ```
        2
        ```
        ```bash
        def f(x): return 3
        ```
        """)
    assert parse.program(text, "chat", "function", "f") == "def f(x):\n    return 2"


@pytest.mark.parametrize(
    "text",
    [
        "def f(x): return 1",
        "```python\ndef f(x): return 1",
        "swallowed opening tag</think>\n```\ndef f(x): return 1\n```",
    ],
)
def test_chat_programs_are_found_without_a_closed_fence(text: str) -> None:
    assert parse.program(text, "chat", "function", "f") == "def f(x): return 1"


@pytest.mark.parametrize("text", ["", "CORRECT", "<think>```python\ndef f(x): return 1\n```"])
def test_a_chat_answer_without_a_program_is_rejected(text: str) -> None:
    assert isinstance(parse.program(text, "chat", "function", "f"), Rejected)


STOP, LENGTH = FinishReason.STOP, FinishReason.LENGTH


@pytest.mark.parametrize("end", ["", "<|end|>", "\n<|end|>later<|output|>7"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 5\n<|output|>5", Prediction(output="5", finishes=True, narrative="x = 5\n")),
        ("a<|output|>4<|output|>5", Prediction(output="5", finishes=True, narrative="a<|output|>4")),
        ("a<|output|>", Prediction(output="", finishes=True, narrative="a")),
        ("a<|output|> x\n  y", Prediction(output=" x\n  y", finishes=True, narrative="a")),
        ("a<|raises|>ValueError", Prediction(raises="ValueError", finishes=True, narrative="a")),
        ("a<|endless|>", Prediction(finishes=False, narrative="a")),
        (r"a<|printed|>'5\n\d'", Prediction(output="5\n\\d", finishes=True, narrative="a")),
    ],
)
def test_tagged_outcomes(text: str, end: str, expected: Prediction) -> None:
    assert parse.prediction(Completion(text + end, STOP), "tagged") == expected


@pytest.mark.parametrize("text", ["a", "a<|raises|>", "a<|printed|>5", "a<|printed|>{[]: 1}", "a<|output|>5<|trace|>"])
def test_unreadable_tagged_outcomes_are_unknown_with_a_reason(text: str) -> None:
    found = parse.prediction(Completion(text, STOP), "tagged")
    assert found.finishes is None
    assert found.reason
    assert not found.truncated


@pytest.mark.parametrize(
    ("style", "text"), [("tagged", "a"), ("tagged", "a<|output|>12"), ("chat", "steps"), ("chat", "[OUTPUT]\n12")]
)
def test_an_outcome_the_limit_may_have_cut_is_truncated(style: PromptStyle, text: str) -> None:
    found = parse.prediction(Completion(text, LENGTH), style)
    assert found.truncated
    assert found.finishes is None
    assert found.output is None


@pytest.mark.parametrize(("style", "text"), [("tagged", "<|output|>5<|end|>"), ("chat", "[OUTPUT]5[/OUTPUT] and")])
def test_an_outcome_complete_before_the_limit_counts(style: PromptStyle, text: str) -> None:
    assert parse.prediction(Completion(text, LENGTH), style).output == "5"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("steps\n[OUTPUT]\n[1, 2]\n[/OUTPUT]", Prediction(output="[1, 2]", finishes=True, narrative="steps")),
        ("[OUTPUT] 5 [/OUTPUT]", Prediction(output="5", finishes=True)),
        ("[OUTPUT]\n  a\nb\n[/OUTPUT]\nDone.", Prediction(output="  a\nb", finishes=True)),
        ("[OUTPUT]\n```\n5\n```\n[/OUTPUT]", Prediction(output="5", finishes=True)),
        ("[OUTPUT]\n5", Prediction(output="5", finishes=True)),
        ("[RAISES]\nValueError: bad\n[/RAISES]", Prediction(raises="ValueError", finishes=True)),
        ("[OUTPUT]1[/OUTPUT] no: [ENDLESS][/ENDLESS]", Prediction(finishes=False, narrative="[OUTPUT]1[/OUTPUT] no:")),
        ("<think>[OUTPUT]1[/OUTPUT]</think>[OUTPUT]2[/OUTPUT]", Prediction(output="2", finishes=True)),
        ("I cannot tell", Prediction(reason="no outcome block", narrative="I cannot tell")),
    ],
)
def test_chat_outcomes(text: str, expected: Prediction) -> None:
    assert parse.prediction(Completion(text, STOP), "chat") == expected


@pytest.mark.parametrize(
    ("text", "style", "verdict"),
    [
        ("True<|end|>", "tagged", Verdict.PASS),
        ("False", "tagged", Verdict.FAIL),
        ("True<|end|>False", "tagged", Verdict.PASS),
        ("True False", "tagged", Verdict.ABSTAIN),
        ("true", "tagged", Verdict.ABSTAIN),
        ("not f(1)", "tagged", Verdict.ABSTAIN),
        ("", "tagged", Verdict.ABSTAIN),
        ("f(2) gives 2.\n\n[VERDICT]\nFAIL\n[/VERDICT]", "chat", Verdict.FAIL),
        ("[VERDICT]PASS[/VERDICT] No: [VERDICT]FAIL[/VERDICT]", "chat", Verdict.FAIL),
        ("[VERDICT]PASS, FAIL[/VERDICT]", "chat", Verdict.ABSTAIN),
        ("[VERDICT]PASS", "chat", Verdict.ABSTAIN),
        ("<think>[VERDICT]PASS[/VERDICT]", "chat", Verdict.ABSTAIN),
        ("PASS", "chat", Verdict.ABSTAIN),
    ],
)
def test_a_verdict_is_one_word_and_the_last_one_counts(text: str, style: PromptStyle, verdict: Verdict) -> None:
    assert parse.verdict(Completion(text, FinishReason.STOP), style) is verdict


def test_a_verdict_that_the_token_limit_may_have_cut_is_none() -> None:
    assert parse.verdict(Completion("True", FinishReason.LENGTH), "tagged") is Verdict.ABSTAIN
    assert parse.verdict(Completion("True<|end|>", FinishReason.LENGTH), "tagged") is Verdict.PASS
