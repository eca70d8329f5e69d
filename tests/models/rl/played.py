"""Small rows, a grader that is a table, and a way to play an episode from a script; no torch and no sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from models.rl.episode import Ask, Episode
from models.rl.rows import SolveRow
from tests.fakes import completion, prompt_text
from workers.pipeline.types import Completion, IOTest, Prediction, Problem, Prompt

DOUBLE = Problem(
    "Return twice n.", entry_point="f", public_tests=(IOTest("1", "2"), IOTest("3", "6")), starter_code="def f(n):"
)
ROW = SolveRow(DOUBLE, (IOTest("5", "10"), IOTest("-2", "-4")))
RIGHT, WRONG = "def f(n):\n    return n * 2", "def f(n):\n    return n + 1"
LOOKUP = "def f(n):\n    return {1: 2, 3: 6}[n]"
END = "<|end|>"


class TableGrader:
    """Runs nothing: a program stands for a Python function of its first argument."""

    def __init__(self, programs: Mapping[str, Callable[[int], int]]) -> None:
        self._programs = programs
        self.calls: list[tuple[str, tuple[str, ...]]] = []

    def passes(self, problem: Problem, code: str, tests: Sequence[IOTest]) -> bool | None:
        self.calls.append(("passes", tuple(test.input for test in tests)))
        return all(str(self._programs[code](int(test.input))) == test.output for test in tests)

    def observe(self, problem: Problem, code: str, tests: Sequence[IOTest]) -> list[Prediction]:
        self.calls.append(("observe", tuple(test.input for test in tests)))
        return [Prediction(output=str(self._programs[code](int(t.input))), finishes=True) for t in tests]


def table() -> TableGrader:
    """What `RIGHT`, `WRONG` and `LOOKUP` do; `LOOKUP` knows only the public tests."""
    return TableGrader({RIGHT: lambda n: n * 2, WRONG: lambda n: n + 1, LOOKUP: lambda n: {1: 2, 3: 6}.get(n, 0)})


def play(episode: Episode, *answers: str | Completion | Callable[[Prompt], str]) -> list[Prompt]:
    """Answer one ask after another, each with one text for all of its prompts; gives every prompt that was asked."""
    script = iter(answers)
    asked: list[Prompt] = []
    ask: Ask | None = episode.start()
    while ask is not None:
        asked += ask.prompts
        answer = next(script)
        told = [answer(prompt) if callable(answer) else answer for prompt in ask.prompts]
        ask = episode.step([text if isinstance(text, Completion) else completion(text) for text in told])
    assert next(script, None) is None, "the episode ended before the script"
    return asked


def texts(prompts: Sequence[Prompt]) -> list[str]:
    """Prompts as text."""
    return [prompt_text(prompt) for prompt in prompts]
