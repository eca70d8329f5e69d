"""Verdicts against the truth: how often wrong programs are accepted, right ones refused, and how sure the model was.

A program is judged on some tests together: refused if one is predicted to fail, accepted if all are predicted to pass,
else the model abstains. What it says of wrong programs matters most: the loop believes what it accepts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from models.eval.stats import Array, brier, estimate, expected_calibration_error, of_sums, reliability
from workers.pipeline.rank import expected_pass
from workers.pipeline.types import Simulation, Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """One program: what is true of it on the tests it was judged on, and what was said."""

    right: bool
    said: Verdict
    probability: float
    """That it passes all of the tests, as what was measured for the checkpoint has it."""


def judge(simulations: Sequence[Simulation], right: bool) -> Judged:
    """The verdict on one program from its simulations, one for each test.

    By a belief, all tests are as likely passed as the least likely one, since tests of one program fail together; what
    was measured of others' programs is about one test at a time, and is put together in the same way. Calibrated
    confidences know nothing of one another and are multiplied.
    """
    verdicts = {simulation.verdict for simulation in simulations}
    agreed = Verdict.PASS if verdicts == {Verdict.PASS} else Verdict.ABSTAIN
    said = Verdict.FAIL if Verdict.FAIL in verdicts else agreed
    together = prod if any(simulation.passes is None for simulation in simulations) else min
    return Judged(right, said, together([expected_pass(simulation) for simulation in simulations]))


def summary(problems: Sequence[Sequence[Judged]]) -> dict[str, Any]:
    """Confusion, rates with intervals, and calibration; abstentions are counted and left out of the rates.

    Each problem brings the programs that were judged for it: where these are compared or their confidences weighed, it
    is problems that are resampled.
    """
    judged = [j for own in problems for j in own]
    cells = {
        f"{'right' if right else 'wrong'}, {word}": sum(j.right is right and j.said is said for j in judged)
        for right in (True, False)
        for said, word in ((Verdict.PASS, "accepted"), (Verdict.FAIL, "refused"), (Verdict.ABSTAIN, "abstained"))
    }
    handled = [j for j in judged if j.said is not Verdict.ABSTAIN]
    refused_right = [float(j.said is Verdict.FAIL) for j in handled if j.right]
    accepted_wrong = [float(j.said is Verdict.PASS) for j in handled if not j.right]
    pairs = [[(j.probability, j.right) for j in own] for own in problems]
    return {
        "handled": estimate([float(j.said is not Verdict.ABSTAIN) for j in judged]),
        "balanced accuracy": of_sums([_errors(own) for own in problems], _balanced),
        "false accepts": estimate(accepted_wrong),
        "false rejects": estimate(refused_right),
        "confusion": cells,
        "ece": expected_calibration_error(pairs),
        "brier": brier(pairs),
        "reliability": reliability([pair for own in pairs for pair in own]),
    }


def _errors(judged: Sequence[Judged]) -> tuple[int, int, int, int]:
    """Right programs that were refused, of how many handled; wrong ones that were accepted, of how many handled."""
    handled = [j for j in judged if j.said is not Verdict.ABSTAIN]
    right, wrong = ([j.said for j in handled if j.right is truth] for truth in (True, False))
    return right.count(Verdict.FAIL), len(right), wrong.count(Verdict.PASS), len(wrong)


def _balanced(sums: Array) -> Array:
    return 1 - (sums[..., 0] / sums[..., 1] + sums[..., 2] / sums[..., 3]) / 2
