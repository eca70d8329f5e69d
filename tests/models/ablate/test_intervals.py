"""Intervals on numbers whose answer is known."""

from __future__ import annotations

import math
from random import Random

import pytest

from models.ablate.intervals import difference, interval
from models.ablate.results import Values


def values(*numbers: float) -> Values:
    return {str(place): (number, 1.0) for place, number in enumerate(numbers)}


def test_a_figure_without_spread_has_no_width() -> None:
    found = interval([values(1, 1, 1), values(1, 1, 1)])
    assert (found.mean, found.low, found.high, found.seeds) == (1.0, 1.0, 1.0, (1.0, 1.0))


def test_one_seed_is_the_bootstrap_over_items() -> None:
    """Half of 400 are right: the interval is that of the binomial, 1.96 standard errors to either side."""
    found = interval([values(*[0, 1] * 200)])
    assert found.mean == 0.5
    assert found.high - 0.5 == pytest.approx(1.96 * math.sqrt(0.25 / 400), rel=0.1)
    assert found.high - 0.5 == pytest.approx(0.5 - found.low, rel=0.1)


def test_seeds_that_agree_item_by_item_make_the_interval_no_narrower() -> None:
    """What makes an item hard is the same for all seeds: measuring it three times says nothing new."""
    one = values(*[0, 1] * 100)
    alone, thrice = interval([one]), interval([one] * 3)
    assert thrice.high - thrice.low == pytest.approx(alone.high - alone.low, rel=0.05)


def test_seeds_that_differ_make_it_wider() -> None:
    same = interval([values(*[0, 1] * 100)] * 2)
    apart = interval([values(*[1, 1] * 80, *[0] * 40), values(*[1] * 40, *[0] * 160)])
    assert apart.mean == same.mean == 0.5
    assert apart.seeds == (0.8, 0.2)
    assert apart.high - apart.low > 3 * (same.high - same.low)


def test_counts_weigh() -> None:
    """Three of four and none of one are three of five, not three eighths."""
    assert interval([{"a": (3, 4), "b": (0, 1)}]).mean == pytest.approx(0.6)


def test_where_nothing_is_counted_there_is_no_number() -> None:
    found = interval([{"a": (0, 0), "b": (0, 0)}])
    assert math.isnan(found.mean) and math.isnan(found.low) and not found.clear()


def test_a_difference_is_paired() -> None:
    """Every item is a tenth better: the difference is known exactly, however unlike the items are."""
    rng = Random(0)
    worse = values(*[rng.random() for _ in range(50)])
    better = {item: (value + 0.1, count) for item, (value, count) in worse.items()}
    found = difference([better], [worse])
    assert (found.low, found.mean, found.high) == pytest.approx((0.1, 0.1, 0.1))
    assert found.clear()
    assert interval([better]).low < interval([worse]).high  # unpaired they would overlap


def test_a_difference_takes_the_seeds_both_have() -> None:
    found = difference([values(1, 1), values(0, 0)], [values(0, 0)])
    assert found.seeds == (1.0,)


def test_other_items_are_refused() -> None:
    with pytest.raises(ValueError, match="different items"):
        interval([values(1, 0), values(1)])
    with pytest.raises(ValueError, match="different items"):
        difference([values(1, 0)], [values(1)])


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """Items of one seed, drawn anew 200 times."""
    rng, hits = Random(1), 0
    for trial in range(200):
        found = interval([values(*[float(rng.random() < 0.7) for _ in range(60)])], seed=trial)
        hits += found.low <= 0.7 <= found.high
    assert 0.88 <= hits / 200 <= 0.99
