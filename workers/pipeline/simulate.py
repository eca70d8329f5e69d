"""Simulate: every candidate on every public test → predictions and verdicts, all requests in flight at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workers.pipeline import compare
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import ContextLengthError
from workers.pipeline.gather import gather
from workers.pipeline.meter import Progress, metered
from workers.pipeline.model import Model
from workers.pipeline.predict import predict
from workers.pipeline.types import Candidate, IOTest, Phase, Prediction, Problem, Simulation, Verdict


@dataclass(frozen=True, slots=True)
class Simulated:
    """One simulation for each candidate and test, candidates first, and what the new ones cost."""

    simulations: tuple[Simulation, ...]
    cost: Phase


async def simulate(
    problem: Problem,
    candidates: Sequence[Candidate],
    model: Model,
    config: PipelineConfig,
    known: Sequence[Simulation] = (),
    progress: Progress | None = None,
) -> Simulated:
    """Predict what is not in `known` yet, with at most `config.concurrency` requests in flight.

    A program or input too long for the model is an unknown prediction with its reason; a failing server raises.
    """
    done = {(simulation.candidate, simulation.test): simulation for simulation in known}
    pairs = [(candidate, test) for candidate in candidates for test in range(len(problem.public_tests))]
    fresh = [(candidate, test) for candidate, test in pairs if (candidate.id, test) not in done]
    model, meter = metered(model, config.concurrency, len(fresh) * config.votes, progress)
    for simulation in await gather(_simulate(problem, *pair, model, config) for pair in fresh):
        done[simulation.candidate, simulation.test] = simulation
    return Simulated(tuple(done[candidate.id, test] for candidate, test in pairs), meter.phase())


def verdict(prediction: Prediction, test: IOTest, problem: Problem, floor: float = 0.0) -> Verdict:
    """What a prediction says of the test.

    It abstains where the outcome or the expected output is not known, and on a failure predicted with a confidence
    below `floor`. A predicted pass needs no such floor: a mistaken run seldom ends in just the expected output.
    """
    if test.output is None or prediction.finishes is None:
        return Verdict.ABSTAIN
    if prediction.output is not None and compare.matches(
        prediction.output, test.output, problem.io, problem.checker, test.tol
    ):
        return Verdict.PASS
    return Verdict.FAIL if prediction.confidence >= floor else Verdict.ABSTAIN


async def _simulate(
    problem: Problem, candidate: Candidate, index: int, model: Model, config: PipelineConfig
) -> Simulation:
    test = problem.public_tests[index]
    try:
        prediction = await predict(candidate.code, test.input, model, config, problem.io, problem.entry_point)
    except ContextLengthError as error:
        prediction = Prediction(votes=0, ballots=0, reason=str(error))
    floor = config.confidence_floor if model.calibration else 0.0
    return Simulation(candidate.id, index, prediction, verdict(prediction, test, problem, floor))
