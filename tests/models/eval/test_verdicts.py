"""Verdicts on programs, and the figures of a hand-made set."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from models.eval.stats import brier, reliability
from models.eval.verdicts import Judged, judge, summary
from workers.pipeline.types import Prediction, Simulation, Verdict

PASS, FAIL, ABSTAIN = Verdict.PASS, Verdict.FAIL, Verdict.ABSTAIN


def simulations(*said: tuple[Verdict, float]) -> list[Simulation]:
    return [Simulation("c", t, Prediction(confidence=c), verdict) for t, (verdict, c) in enumerate(said)]


@pytest.mark.parametrize(
    ("said", "verdict", "probability"),
    [
        ([(PASS, 0.8), (PASS, 0.5)], PASS, 0.4),
        ([(PASS, 0.8), (FAIL, 0.5)], FAIL, 0.4),
        ([(ABSTAIN, 0.1), (FAIL, 0.9)], FAIL, 0.05),
        ([(PASS, 0.8), (ABSTAIN, 0.1)], ABSTAIN, 0.4),
    ],
)
def test_a_program_is_accepted_only_on_all_tests(
    said: list[tuple[Verdict, float]], verdict: Verdict, probability: float
) -> None:
    assert judge(simulations(*said), True) == Judged(True, verdict, pytest.approx(probability))  # type: ignore[arg-type]


def test_by_a_belief_all_tests_are_as_likely_passed_as_the_least_likely_one() -> None:
    told = zip(simulations((PASS, 0.8), (PASS, 0.5)), (0.9, 0.7), strict=True)
    assert judge([replace(s, passes=chance) for s, chance in told], True).probability == 0.7


def test_rates_leave_abstentions_out_and_count_them() -> None:
    judged = [
        Judged(True, PASS, 0.9), Judged(True, PASS, 0.9), Judged(True, FAIL, 0.1), Judged(True, ABSTAIN, 0.5),
        Judged(False, PASS, 0.9), Judged(False, FAIL, 0.1), Judged(False, FAIL, 0.1), Judged(False, FAIL, 0.1),
    ]  # fmt: skip
    found = summary([[j] for j in judged])
    assert found["handled"].mean == pytest.approx(7 / 8)
    assert found["false accepts"].mean == pytest.approx(1 / 4)
    assert found["false rejects"].mean == pytest.approx(1 / 3)
    balanced = found["balanced accuracy"]
    assert balanced.mean == pytest.approx((2 / 3 + 3 / 4) / 2)
    assert 0 < balanced.low < balanced.mean < balanced.high <= 1
    assert summary([judged])["balanced accuracy"].low == pytest.approx(balanced.mean)  # of one problem, no spread
    assert found["confusion"]["wrong, accepted"] == found["confusion"]["right, abstained"] == 1
    assert sum(found["confusion"].values()) == len(judged)


def test_one_kind_of_program_alone_has_no_balanced_accuracy() -> None:
    assert math.isnan(summary([[Judged(True, PASS, 0.9)]])["balanced accuracy"].mean)


def test_calibration_of_known_confidences() -> None:
    measured = [(0.9, True), (0.9, False), (0.1, False), (1.0, True)]
    assert brier([measured]).mean == pytest.approx((0.01 + 0.81 + 0.01 + 0) / 4)
    assert reliability(measured) == [
        {"confidence": pytest.approx(0.1), "accuracy": 0.0, "count": 1},
        {"confidence": pytest.approx(2.8 / 3), "accuracy": pytest.approx(2 / 3), "count": 3},
    ]
