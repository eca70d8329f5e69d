from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers.pipeline.problems import BELIEF, candidate
from workers.pipeline.believe import Belief, Evidence, agreement
from workers.pipeline.types import Verdict

PASS, FAIL, ABSTAIN = Verdict.PASS, Verdict.FAIL, Verdict.ABSTAIN
odds = st.floats(-1000, 1000)
weights = st.lists(st.floats(-50, 50), min_size=1, max_size=6)


def table(*ratios: float) -> Belief:
    """Passes in bins of equal width with these ratios."""
    width = 1 / len(ratios)
    bins = (Evidence(PASS, i * width, (i + 1) * width, ratio, 9) for i, ratio in enumerate(ratios))
    return Belief(None, tuple(bins), 0.5)


@given(odds, weights)
def test_beliefs_are_probabilities(log_odds: float, said: list[float]) -> None:
    assert all(0 <= chance <= 1 for chance in BELIEF.passes(log_odds, said))


@given(odds, weights, st.integers(0), st.floats(0, 50))
def test_better_news_of_one_test_lowers_the_belief_in_none(
    log_odds: float, said: list[float], place: int, more: float
) -> None:
    better = list(said)
    better[place % len(said)] += more
    pairs = zip(BELIEF.passes(log_odds, said), BELIEF.passes(log_odds, better), strict=True)
    assert all(after >= before - 1e-9 for before, after in pairs)


@given(odds, weights, st.randoms())
def test_the_order_of_the_tests_says_nothing(log_odds: float, said: list[float], random: st.DataObject) -> None:
    order = list(range(len(said)))
    random.shuffle(order)  # type: ignore[attr-defined]
    believed = BELIEF.passes(log_odds, said)
    assert BELIEF.passes(log_odds, [said[i] for i in order]) == pytest.approx([believed[i] for i in order])


def test_by_bayes_rule_even_odds_become_the_ratio() -> None:
    (chance,) = table(3.0).passes(0.0, [table(3.0).weight(PASS, 0.5)])
    assert chance == pytest.approx(3 / 4)


@pytest.mark.parametrize(("carry", "other"), [(0.0, 1 / 2), (1.0, 3 / 4)])
def test_what_is_said_on_one_test_is_carried_to_the_others_in_part(carry: float, other: float) -> None:
    belief = replace(table(3.0), carry=carry)
    assert belief.passes(0.0, [belief.weight(PASS, 0.5), 0.0])[1] == pytest.approx(other)


@pytest.mark.parametrize(("confidence", "ratio"), [(0.0, 2.0), (0.49, 2.0), (0.5, 5.0), (1.0, 5.0)])
def test_every_confidence_has_its_bin(confidence: float, ratio: float) -> None:
    (chance,) = table(2.0, 5.0).passes(0.0, [table(2.0, 5.0).weight(PASS, confidence)])
    assert chance == pytest.approx(ratio / (1 + ratio))


@pytest.mark.parametrize("said", [FAIL, ABSTAIN])
def test_what_was_never_measured_says_nothing(said: Verdict) -> None:
    assert table(2.0).weight(said, 0.5) == 0.0
    assert Belief(None, (), 1.0).weight(said, 0.5) == 0.0


def test_programs_of_unknown_origin_are_right_as_often_as_wrong() -> None:
    unknown = replace(BELIEF, prior=None)
    assert unknown.log_odds(candidate(1, duplicates=3, logprob=-2.0), 7) == 0.0
    assert unknown.passes(0.0, [0.0]) == [0.5]


def test_likelier_and_more_frequent_programs_are_believed_more() -> None:
    plain = BELIEF.log_odds(candidate(1, logprob=-0.3), 7)
    assert BELIEF.log_odds(candidate(1, logprob=-0.1), 7) > plain
    assert BELIEF.log_odds(candidate(1, logprob=-0.3, duplicates=2), 7) > plain


@pytest.mark.parametrize("looks", [{"logprob": -0.1}, {"logprob": -2.0, "duplicates": 1}])
def test_a_repair_is_believed_as_repairs_were_measured(looks: dict[str, float]) -> None:
    assert BELIEF.prior is not None
    assert BELIEF.log_odds(candidate(3, parent="c1", round=1, **looks), 7) == BELIEF.prior.repair


def test_a_single_sample_has_nothing_to_agree_with() -> None:
    assert agreement(0, 0) == 0.0
    assert agreement(0, 7) == -agreement(7, 7)
