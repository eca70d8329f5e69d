"""What goes over the wire, with its limits and examples. Pydantic lives here; inside, `workers.pipeline.types`."""

from __future__ import annotations

import ast
import keyword
import warnings
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.states import Status
from workers.pipeline.config import PipelineConfig
from workers.pipeline.types import Io, SolveResult, Usage, Voting
from workers.wire import LIMITS, Kind

_DEFAULTS = PipelineConfig()


def _clean(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold NUL characters")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("must not hold half of a surrogate pair")
    return text


def _name(text: str) -> str:
    if not text.isidentifier() or keyword.iskeyword(text):
        raise ValueError("must be a Python identifier")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


Text = Annotated[str, AfterValidator(_clean)]
Statement = Annotated[Text, StringConstraints(max_length=LIMITS.statement), AfterValidator(_not_blank)]
Code = Annotated[Text, StringConstraints(max_length=LIMITS.code), AfterValidator(_not_blank)]
TestText = Annotated[Text, StringConstraints(max_length=LIMITS.test_text)]
EntryPoint = Annotated[Text, StringConstraints(max_length=LIMITS.entry_point), AfterValidator(_name)]


def _check_arguments(text: str) -> None:
    """Raises ValueError unless `text` is an argument list. It is parsed, never evaluated."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in the caller's literals
            call = ast.parse(f"f({text}\n)", mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ValueError("a function's input must be an argument list of Python literals, as `[1, 2], k=3`") from None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise ValueError("a function's input must be an argument list, not part of another expression")


class _Closed(BaseModel):
    """Unknown fields are refused and nothing is converted: `"1"` is not 1."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class IOTestIn(_Closed):
    """One input and, where known, its expected output."""

    input: TestText = Field(description="function: the argument list as Python literals; stdio: text on standard input")
    output: TestText | None = Field(None, description="function: a Python literal; stdio: text on standard output")
    tol: float | None = Field(None, ge=0, description="numbers may differ by tol * max(1, |expected|)")


class ProblemIn(_Closed):
    """A programming problem."""

    id: Text = Field("problem", max_length=LIMITS.id)
    statement: Statement
    io: Io = "function"
    entry_point: EntryPoint | None = Field(None, description="the function to write; for io = function only")
    public_tests: list[IOTestIn] = Field(default_factory=list, max_length=LIMITS.tests)
    starter_code: Text | None = Field(None, max_length=LIMITS.code)
    checker: Literal["exact", "tokens"] = "exact"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if sum(len(test.input) + len(test.output or "") for test in self.public_tests) > LIMITS.tests_text:
            raise ValueError(f"the tests together may have {LIMITS.tests_text} characters")
        _check_call(self.io, self.entry_point, [test.input for test in self.public_tests])
        if self.io == "function" and self.entry_point is None:
            raise ValueError("a function problem needs an entry_point")
        if len({test.input for test in self.public_tests}) < len(self.public_tests):
            raise ValueError("two tests have the same input")
        return self


class PredictConfigIn(_Closed):
    """How a run is simulated; every field has a default."""

    votes: int = Field(
        _DEFAULTS.votes, ge=1, le=LIMITS.votes, description="runs simulated for each prediction; several vote"
    )
    voting: Voting | None = Field(
        _DEFAULTS.voting,
        description="how votes differ: `names`, greedy runs of copies under other names (tagged models only), or "
        "`samples`; default: `names` where it can be",
    )
    seed: int = Field(_DEFAULTS.seed, ge=0, le=LIMITS.seed)
    vote_temperature: float = Field(_DEFAULTS.vote_temperature, ge=0, le=2, description="for votes that are samples")
    top_p: float = Field(_DEFAULTS.top_p, gt=0, le=1)
    max_narrative_tokens: int = Field(
        _DEFAULTS.max_narrative_tokens,
        ge=1,
        le=LIMITS.narrative_tokens,
        description="for one simulated run; one that is cut off before its outcome says nothing",
    )


class ConfigIn(PredictConfigIn):
    """How much to try; every field has a default."""

    candidates: int = Field(_DEFAULTS.candidates, ge=1, le=LIMITS.candidates, description="programs to sample")
    rounds: int = Field(_DEFAULTS.rounds, ge=0, le=LIMITS.rounds, description="repair rounds at most")
    repairs: int = Field(_DEFAULTS.repairs, ge=1, le=LIMITS.repairs, description="programs repaired per round")
    repair_samples: int = Field(_DEFAULTS.repair_samples, ge=1, le=LIMITS.repair_samples)
    resamples: int = Field(
        _DEFAULTS.resamples, ge=0, le=LIMITS.resamples, description="programs sampled anew per round, besides repairs"
    )
    evidence: int = Field(_DEFAULTS.evidence, ge=1, le=LIMITS.evidence, description="tests shown to a repair")
    confidence_floor: float = Field(_DEFAULTS.confidence_floor, ge=0, le=1, description="less sure failures abstain")
    concurrency: int = Field(_DEFAULTS.concurrency, ge=1, le=LIMITS.concurrency)
    temperature: float = Field(_DEFAULTS.temperature, ge=0, le=2, description="for programs")
    max_program_tokens: int = Field(
        _DEFAULTS.max_program_tokens, ge=1, le=LIMITS.program_tokens, description="for one program"
    )


class SolveIn(_Closed):
    """Body of `POST /solve`."""

    problem: ProblemIn
    config: ConfigIn = ConfigIn()

    @model_validator(mode="after")
    def _affordable(self) -> Self:
        c = self.config
        programs = c.candidates + c.rounds * (c.repairs * c.repair_samples + c.resamples)
        needed = programs * len(self.problem.public_tests) * c.votes
        if needed > LIMITS.simulations:
            allowed = LIMITS.simulations
            raise ValueError(f"this may need {needed} simulations (programs × tests × votes); {allowed} at most")
        return self


class PredictIn(_Closed):
    """Body of `POST /predict-output`."""

    code: Code
    input: TestText
    io: Io = "function"
    entry_point: EntryPoint | None = None
    config: PredictConfigIn = PredictConfigIn()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_call(self.io, self.entry_point, [self.input])
        return self


def _check_call(io: Io, entry_point: str | None, inputs: list[str]) -> None:
    if io == "stdio" and entry_point is not None:
        raise ValueError("a stdio program has no entry_point")
    if io == "function":
        for text in inputs:
            _check_arguments(text)


class PredictionOut(BaseModel):
    """What the model says a program does on one input."""

    output: str | None = Field(description="null if it raises, does not end, or the model could not tell")
    raises: str | None = Field(description="name of the exception type")
    finishes: bool | None = Field(description="null if the model could not tell")
    confidence: float = Field(
        description="estimated probability that this is right; the share of votes, if it was not measured for so many"
    )
    narrative: str
    usage: Usage


class Problem9457(BaseModel):
    """An error (RFC 9457), sent as application/problem+json."""

    type: str
    title: str
    status: int
    detail: str
    instance: str


class RequestProblem(Problem9457):
    """A request that could not be answered as asked."""

    request_id: str = Field(description="as in the X-Request-Id header, and in the service's log")
    errors: list[dict[str, str]] = Field(default_factory=list, description="where and why, for broken rules")


class Links(BaseModel):
    """Addresses relative to the service."""

    self: str
    cancel: str


class JobOut(BaseModel):
    """A job: solve and predict jobs look alike, only `result` differs."""

    id: str
    kind: Kind
    status: Status
    progress: dict[str, Any] = Field(default_factory=dict, description="counts of the run so far")
    result: SolveResult | PredictionOut | None = None
    error: Problem9457 | None = Field(None, description="why it failed or expired")
    links: Links


class AcceptedOut(BaseModel):
    """Answer to a request that became a job."""

    id: str
    kind: Kind
    status: Status
    links: Links
