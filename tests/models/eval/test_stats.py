"""Intervals cover what they should, calibration error is what its definition gives by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.eval.stats import brier, estimate, expected_calibration_error, of_sums


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
    assert expected_calibration_error([[pair] for pair in measured]).mean == pytest.approx(error)


def test_items_that_say_much_at_once_are_resampled_as_a_whole() -> None:
    pairs = [(0.9, True)] * 8 + [(0.9, False)] * 8
    alone, together = brier([[pair] for pair in pairs]), brier([pairs[:8], pairs[8:]])
    assert alone.mean == together.mean == pytest.approx((0.01 + 0.81) / 2)
    assert together.low == pytest.approx(0.01)  # two items: a resample holds one of them twice, or both
    assert together.high == pytest.approx(0.81)
    assert together.low < alone.low < alone.mean < alone.high < together.high
    assert (alone.n, together.n) == (16, 2)


def test_a_ratio_of_sums_over_single_values_has_the_interval_of_their_mean() -> None:
    values = [0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0]
    assert of_sums([(value, 1.0) for value in values], lambda sums: sums[..., 0] / sums[..., 1]) == estimate(values)


def test_calibration_of_certain_and_right_confidences_has_no_width_and_of_nothing_no_number() -> None:
    sure = expected_calibration_error([[(1.0, True)]] * 5)
    assert (sure.mean, sure.low, sure.high) == (0.0, 0.0, 0.0)
    assert math.isnan(brier([]).mean) and math.isnan(expected_calibration_error([[], []]).mean)


def test_the_interval_of_the_calibration_error_covers_that_of_other_draws() -> None:
    def drawn(n: int) -> list[list[tuple[float, bool]]]:
        return [[(0.9, bool(right))] for right in rng.random(n) < 0.6]

    rng = np.random.default_rng(0)
    found = [expected_calibration_error(drawn(60), 10) for _ in range(60)]
    assert sum(e.low <= 0.3 <= e.high for e in found) >= 50  # the true gap; 95 % would be 28 or 29
