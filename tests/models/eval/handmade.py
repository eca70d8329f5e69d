"""Hand-made results of solving three problems, every figure of which can be worked out on paper."""

from __future__ import annotations

from collections.abc import Mapping

from models.eval.benchmarks import Task
from models.eval.solving import Graded
from workers.pipeline.types import (
    Candidate,
    IOTest,
    Prediction,
    Problem,
    Ranking,
    Simulation,
    SolveResult,
    StopReason,
    Verdict,
)

TASK = Task(Problem("p", "function", "f", (IOTest("1", "1"), IOTest("2", "2"))), (IOTest("3", "3"),))


def result(candidates: tuple[Candidate, ...], verdicts: Mapping[str, tuple[str, str]], best: str | None) -> SolveResult:
    simulations = tuple(
        Simulation(c, t, Prediction(), Verdict(verdict))
        for c, both in verdicts.items()
        for t, verdict in enumerate(both)
    )
    order = tuple(c.id for c in candidates)
    return SolveResult(best, Ranking(order, {}, {}), candidates, (), simulations, 1, StopReason.ROUND_LIMIT)


SAMPLES = (Candidate("c0", "a", duplicates=1), Candidate("c1", "b"))
REPAIR = Candidate("c2", "c", parent="c1", round=1)

FIXED = Graded(
    # c1 ranks first by simulation and is wrong; the repair c2 is right. Of four samples one was unreadable.
    result((*SAMPLES, REPAIR), {"c0": ("fail", "fail"), "c1": ("pass", "pass"), "c2": ("pass", "abstain")}, "c2"),
    greedy=False,
    loop=(False, True),
    oracle=(False, True),
    hidden={"c0": True, "c1": False, "c2": True},
    public={"c0": 1.0, "c1": 0.5, "c2": 1.0},
    truth={("c0", 0): True, ("c0", 1): True, ("c1", 0): True, ("c1", 1): False, ("c2", 0): True, ("c2", 1): True},
)
BROKEN = Graded(
    # c1 ranks first and is right; the final choice is a wrong repair
    result((*SAMPLES, REPAIR), {"c0": ("fail", "fail"), "c1": ("pass", "fail"), "c2": ("pass", "pass")}, "c2"),
    greedy=True,
    loop=(True, False),
    oracle=(True, True),
    hidden={"c0": False, "c1": True, "c2": False},
    public={"c0": 0.0, "c1": 1.0, "c2": 0.5},
    truth={("c0", 0): False, ("c0", 1): False, ("c1", 0): True, ("c1", 1): True, ("c2", 0): True, ("c2", 1): False},
)
NOTHING = Graded(result((), {}, None), False, (False, False), (False, True), {}, {}, {})
