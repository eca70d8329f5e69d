"""The nouns of Deskcheck, each defined once.

Frozen records without behaviour beyond what follows from their own fields. This file imports nothing of the project and
knows nothing of prompts, models or processes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Io = Literal["function", "stdio"]
PromptStyle = Literal["chat", "tagged"]
Voting = Literal["names", "samples"]
Task = Literal["solve", "predict", "fix"]


class Verdict(StrEnum):
    """What a simulation says of one candidate on one test."""

    PASS = "pass"
    FAIL = "fail"
    ABSTAIN = "abstain"
    """The model did not commit to an outcome or is not sure enough of it, or the expected output is not known."""


class FinishReason(StrEnum):
    """Why a completion ended."""

    STOP = "stop"
    LENGTH = "length"


class StopReason(StrEnum):
    """Why `solve` stopped."""

    AGREED = "agreed"
    """The best candidate's predictions agree with every public test."""
    ROUND_LIMIT = "round_limit"
    NOT_REFUTED = "not_refuted"
    """No test is predicted to fail for the best candidate, but on some of them the model abstains."""
    NO_CANDIDATE = "no_candidate"
    """No completion held a program that parses."""
    NO_TESTS = "no_tests"
    """No public test with a known output: there is nothing to agree with, candidates are ranked by likelihood."""


@dataclass(frozen=True, slots=True)
class IOTest:
    """One input and, where known, its expected output."""

    input: str
    """`function`: the argument list as Python literals, keywords allowed; `stdio`: the text on standard input."""
    output: str | None = None
    """`function`: a Python literal; `stdio`: the text on standard output; None where it is not known."""
    tol: float | None = None
    """Numbers may differ by `tol * max(1, |expected|)`; None asks for equality."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What the user wants solved."""

    statement: str
    io: Io = "function"
    entry_point: str | None = None
    """Name of the function to write; None for `stdio`."""
    public_tests: tuple[IOTest, ...] = ()
    starter_code: str | None = None
    """For `function` usually the `def` line; shown to the model as the start of the program."""
    checker: Literal["exact", "tokens"] = "exact"
    """How `stdio` outputs are compared: by right-stripped lines, or by whitespace-separated tokens."""
    id: str = "problem"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a model read and wrote."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.prompt_tokens + other.prompt_tokens, self.completion_tokens + other.completion_tokens)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent to a model: chat messages, or one text. Exactly one of the two is set."""

    text: str | None = None
    messages: tuple[Mapping[str, str], ...] | None = None
    stop: tuple[str, ...] = ()
    """Strings at which the completion ends; they are not part of its text."""

    @property
    def characters(self) -> int:
        """Its length."""
        return len(self.text or "") + sum(len(message["content"]) for message in self.messages or ())


@dataclass(frozen=True, slots=True)
class Completion:
    """One text a model wrote."""

    text: str
    finish: FinishReason
    tokens: tuple[str, ...] = ()
    """Token texts, aligned with `logprobs`; empty where the server gave none."""
    logprobs: tuple[float, ...] = ()
    """Natural-log probability of each token."""
    token_ids: tuple[int, ...] = ()
    """Token ids, where the server gives them."""
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One program that may solve the problem."""

    id: str
    code: str
    parent: str | None = None
    """None for a sample, else the id of the candidate it repairs."""
    round: int = 0
    """0 for samples, 1 and up for the repair round that made it."""
    logprob: float = 0.0
    """Mean natural-log probability per token of the completion that held it."""
    duplicates: int = 0
    """How many further completions gave the same program up to layout and comments."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A completion that held no usable program."""

    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says a program does on one input. At most one of output, raises, finishes=False is set."""

    output: str | None = None
    raises: str | None = None
    """Name of the exception type, as `ValueError`."""
    finishes: bool | None = None
    """True with an output or an exception, False if predicted not to end, None if the model could not tell."""
    narrative: str = ""
    """The step-by-step run that led to the prediction."""
    votes: int = 1
    """How many of the `ballots` readable completions agree with this prediction."""
    ballots: int = 1
    confidence: float = 0.0
    """Estimated probability that the prediction is right, 0..1."""
    truncated: bool = False
    """The completion hit its token limit before it reached an outcome."""
    reason: str = ""
    """Why nothing could be read from the completion, if so."""
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class Simulation:
    """One candidate on one test: the prediction and what it means."""

    candidate: str
    test: int
    """Index into the problem's public tests."""
    prediction: Prediction
    verdict: Verdict
    passes: float | None = None
    """Estimated probability that the candidate passes the test, 0..1; None where the checkpoint has no measured belief,
    so that the verdict and the confidence of the prediction are all that is known."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates, best first."""

    order: tuple[str, ...]
    scores: Mapping[str, float]
    """Predicted pass rate of each candidate over the tests with a known output: by the estimated probabilities where
    there are such, else 1 where it is predicted to pass, 0 where to fail, 1/2 where the model abstains."""
    ties: Mapping[str, str]
    """For each candidate but the last: the rule that put it before the next one."""


@dataclass(frozen=True, slots=True)
class Phase:
    """What one phase of the pipeline cost."""

    seconds: float = 0.0
    usage: Usage = Usage()
    requests: int = 0

    def __add__(self, other: Phase) -> Phase:
        return Phase(self.seconds + other.seconds, self.usage + other.usage, self.requests + other.requests)


@dataclass(frozen=True, slots=True)
class SolveResult:
    """Everything `solve` found, so that the ranking can be studied again offline."""

    best: str | None
    """Id of the winning candidate; None if no completion held a program."""
    ranking: Ranking
    candidates: tuple[Candidate, ...]
    rejected: tuple[Rejected, ...]
    simulations: tuple[Simulation, ...]
    """The verdict matrix, one entry per candidate and public test."""
    rounds: int
    """Repair rounds that were run."""
    stop: StopReason
    phases: Mapping[str, Phase] = field(default_factory=dict)
    """Cost by phase: sample, simulate, fix."""
