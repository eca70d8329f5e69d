"""Small problems and records that several tests here use."""

from __future__ import annotations

from workers.pipeline.believe import Belief, Prior
from workers.pipeline.config import PipelineConfig
from workers.pipeline.types import Candidate, IOTest, Prediction, Problem, Simulation, Verdict

DOUBLE = Problem(
    statement="Write a function double(n) that returns twice n.",
    entry_point="double",
    public_tests=(IOTest("2", "4"), IOTest("0", "0")),
    starter_code="def double(n):",
)
ECHO = Problem(
    statement="Read a line and print it.",
    io="stdio",
    public_tests=(IOTest("hi\n", "hi\n"), IOTest("x\n")),
)
CONFIG = PipelineConfig(candidates=4, rounds=2, repairs=2, repair_samples=2, resamples=0, seed=100)

BELIEF = Belief(
    Prior(bias=1.0, ease=3.0, likelihood=2.0, agreement=0.5, repair=-1.0),
    ratios={Verdict.PASS: 8.0, Verdict.FAIL: 0.25, Verdict.ABSTAIN: 0.5},
    carry=0.25,
)
"""A measured belief, as a checkpoint's manifest has it."""


def simulation(
    candidate: str, test: int, verdict: Verdict, output: str | None = "0", confidence: float = 0.5
) -> Simulation:
    """One entry of a verdict matrix; an abstention has no output."""
    known = None if verdict is Verdict.ABSTAIN else output
    prediction = Prediction(output=known, finishes=None if known is None else True, confidence=confidence)
    return Simulation(candidate, test, prediction, verdict)


def candidate(number: int, code: str = "def double(n): return n", **fields: float | str) -> Candidate:
    """Candidate c<number>."""
    return Candidate(f"c{number}", code, **fields)  # type: ignore[arg-type]
