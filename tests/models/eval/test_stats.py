"""Intervals cover what they should, calibration error is what its definition gives by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.eval.stats import estimate, expected_calibration_error


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    samples = [estimate(rng.random(60) < 0.3, seed=n) for n in range(200)]
    covered = sum(e.low <= 0.3 <= e.high for e in samples)
    assert 178 <= covered <= 199  # 95 % of 200, with the bootstrap's known optimism at n = 60


def test_the_mean_lies_in_its_interval_which_narrows_with_more_data() -> None:
    few, many = estimate([0.0, 1.0] * 20), estimate([0.0, 1.0] * 500)
    assert few.low < few.mean == 0.5 < few.high
    assert many.high - many.low < (few.high - few.low) / 3
    assert (few.n, many.n) == (40, 1000)


def test_no_spread_no_width_and_no_data_no_number() -> None:
    assert estimate([1.0] * 9).low == estimate([1.0] * 9).high == 1.0
    assert math.isnan(estimate([]).mean)


def test_the_same_values_give_the_same_interval() -> None:
    assert estimate([0, 1, 1, 0, 1]) == estimate([0, 1, 1, 0, 1])


@pytest.mark.parametrize(
    ("measured", "error"),
    [
        ([(1.0, True)] * 4, 0.0),
        ([(1.0, False)] * 4, 1.0),
        ([(0.75, True), (0.75, True), (0.75, True), (0.75, False)], 0.0),
        ([(0.9, True), (0.9, False), (0.1, False), (0.1, False)], 0.25),  # gaps 0.4 and 0.1, half of the items each
        ([(0.55, True), (0.55, True), (0.95, True), (0.95, False)], 0.45),
    ],
)
def test_known_calibration_errors(measured: list[tuple[float, bool]], error: float) -> None:
    assert expected_calibration_error(measured) == pytest.approx(error)
