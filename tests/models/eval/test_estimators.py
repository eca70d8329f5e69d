"""The estimators against what drawing every subset gives."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.eval.estimators import best_at, pass_at


@given(st.lists(st.booleans(), min_size=1, max_size=7), st.data())
def test_they_are_means_over_all_subsets(ranked: list[bool], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(ranked)))
    subsets = list(combinations(ranked, k))  # each in the order of the ranking
    assert pass_at(k, sum(ranked), len(ranked)) == pytest.approx(sum(any(s) for s in subsets) / len(subsets))
    assert best_at(k, [float(r) for r in ranked]) == pytest.approx(sum(s[0] for s in subsets) / len(subsets))


@given(st.integers(1, 9), st.integers(0, 9))
def test_a_perfect_ranking_is_as_good_as_any(n: int, right: int) -> None:
    right = min(right, n)
    perfect = [1.0] * right + [0.0] * (n - right)
    assert all(best_at(k, perfect) == pytest.approx(pass_at(k, right, n)) for k in range(1, n + 1))


@pytest.mark.parametrize("k", [0, 4])
def test_more_than_there_are_cannot_be_drawn(k: int) -> None:
    with pytest.raises(ValueError, match="samples"):
        pass_at(k, 1, 3)
    with pytest.raises(ValueError, match="samples"):
        best_at(k, [1.0] * 3)
