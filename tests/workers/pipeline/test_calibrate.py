from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.pipeline.calibrate import Bin, calibrated, fit

MEASURED = st.lists(st.tuples(st.floats(0, 1), st.booleans()))


def test_without_a_table_confidence_is_raw() -> None:
    assert calibrated(0.3, ()) == 0.3


def test_a_measured_bin_gives_its_accuracy_and_an_empty_one_nothing() -> None:
    table = (Bin(0.0, 0.5, 0.2, 10), Bin(0.5, 0.9, 0.0, 0), Bin(0.9, 1.0, 0.95, 4))
    assert [calibrated(raw, table) for raw in (0.0, 0.49, 0.5, 0.9, 1.0)] == [0.2, 0.2, 0.5, 0.95, 0.95]


@given(MEASURED, st.integers(1, 12))
def test_a_fitted_table_covers_everything_once(measured: list[tuple[float, bool]], bins: int) -> None:
    table = fit(measured, bins)
    assert len(table) <= bins
    assert (table[0].low, table[-1].high) == (0.0, 1.0)
    assert all(left.high == right.low for left, right in pairwise(table))
    assert sum(entry.count for entry in table) == len(measured)


@given(MEASURED.filter(bool))
def test_calibrated_confidence_is_right_on_average(measured: list[tuple[float, bool]]) -> None:
    table = fit(measured)
    expected = sum(calibrated(raw, table) for raw, _ in measured)
    assert expected == pytest.approx(sum(right for _, right in measured))
