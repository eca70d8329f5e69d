"""Simulate: every candidate on every public test → predictions and verdicts, all requests in flight at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workers.pipeline import compare
from workers.pipeline.believe import Pool, pool
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
    tests = range(len(problem.public_tests))
    fresh = [c for c in candidates if any((c.id, test) not in done for test in tests)]
    model, meter = metered(model, config.concurrency, len(fresh) * len(tests) * config.votes, progress)
    made = await gather(_predict(problem, c, test, model, config) for c in fresh for test in tests)
    beside = pool(candidates)
    for place, candidate in enumerate(fresh):
        own = made[place * len(tests) : (place + 1) * len(tests)]
        for simulation in judge(problem, candidate, own, beside, model, config):
            done[candidate.id, simulation.test] = simulation
    return Simulated(tuple(done[c.id, test] for c in candidates for test in tests), meter.phase())


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


def judge(
    problem: Problem,
    candidate: Candidate,
    predictions: Sequence[Prediction],
    beside: Pool,
    model: Model,
    config: PipelineConfig,
) -> list[Simulation]:
    """What one prediction for each public test says of a candidate; `beside` are the samples of the problem.

    With a measured belief a failure is a verdict only if it stands after all else that is known of the candidate: the
    same floor is asked of the probability that it really fails the test, besides. Calibrated confidences, and so
    beliefs, are for one number of votes; without the former a floor on confidence means nothing.
    """
    tests, floor = problem.public_tests, config.confidence_floor
    asked = floor if model.calibration else 0.0
    said = [verdict(prediction, test, problem, asked) for prediction, test in zip(predictions, tests, strict=True)]
    if model.belief is None or config.votes != model.votes:
        return [Simulation(candidate.id, i, *told) for i, told in enumerate(zip(predictions, said, strict=True))]
    known = [
        None if test.output is None else (word, prediction.confidence)
        for word, test, prediction in zip(said, tests, predictions, strict=True)
    ]
    passes = model.belief.chances(candidate, beside, known)
    return [
        Simulation(candidate.id, i, prediction, _standing(word, 1.0 - chance, floor), chance)
        for i, (prediction, word, chance) in enumerate(zip(predictions, said, passes, strict=True))
    ]


def _standing(said: Verdict, fails: float, floor: float) -> Verdict:
    return Verdict.ABSTAIN if said is Verdict.FAIL and fails < floor else said


async def _predict(
    problem: Problem, candidate: Candidate, index: int, model: Model, config: PipelineConfig
) -> Prediction:
    test = problem.public_tests[index]
    try:
        return await predict(candidate.code, test.input, model, config, problem.io, problem.entry_point)
    except ContextLengthError as error:
        return Prediction(votes=0, ballots=0, reason=str(error))
