from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers.pipeline.problems import BELIEF, candidate
from workers.pipeline.believe import Belief, Pool, agreement, pool
from workers.pipeline.types import Verdict

PASS, FAIL, ABSTAIN = Verdict.PASS, Verdict.FAIL, Verdict.ABSTAIN
POOL = Pool(8, -0.5)
odds = st.floats(-1000, 1000)
said = st.lists(st.sampled_from([*Verdict, None]), min_size=1, max_size=6)
BETTER = {FAIL: ABSTAIN, ABSTAIN: PASS, PASS: PASS, None: PASS}
"""By the ratios of BELIEF."""


def with_ratio(ratio: float, carry: float) -> Belief:
    return Belief(None, {PASS: ratio, FAIL: 1 / ratio, ABSTAIN: 1.0}, carry)


@given(odds, said)
def test_beliefs_are_probabilities(log_odds: float, verdicts: list[Verdict | None]) -> None:
    assert all(0 <= chance <= 1 for chance in BELIEF.passes(log_odds, verdicts))


@given(odds, said, st.integers(0))
def test_better_news_of_one_test_lowers_the_belief_in_none(
    log_odds: float, verdicts: list[Verdict | None], place: int
) -> None:
    better = list(verdicts)
    better[place % len(better)] = BETTER[better[place % len(better)]]
    pairs = zip(BELIEF.passes(log_odds, verdicts), BELIEF.passes(log_odds, better), strict=True)
    assert all(after >= before - 1e-9 for before, after in pairs)


@given(odds, odds, said)
def test_a_surer_prior_lowers_the_belief_in_none(one: float, other: float, verdicts: list[Verdict | None]) -> None:
    low, high = (BELIEF.passes(log_odds, verdicts) for log_odds in sorted((one, other)))
    assert all(after >= before for before, after in zip(low, high, strict=True))


@given(odds, said, st.randoms())
def test_the_order_of_the_tests_says_nothing(
    log_odds: float, verdicts: list[Verdict | None], random: st.DataObject
) -> None:
    order = list(range(len(verdicts)))
    random.shuffle(order)  # type: ignore[attr-defined]
    believed = BELIEF.passes(log_odds, verdicts)
    assert BELIEF.passes(log_odds, [verdicts[i] for i in order]) == pytest.approx([believed[i] for i in order])


def test_by_bayes_rule_even_odds_become_the_ratio() -> None:
    assert with_ratio(3.0, 0.0).passes(0.0, [PASS, FAIL, ABSTAIN]) == pytest.approx([3 / 4, 1 / 4, 1 / 2])


@pytest.mark.parametrize(("carry", "other"), [(0.0, 1 / 2), (0.5, 2 / 3), (1.0, 4 / 5)])
def test_what_is_said_on_one_test_is_carried_to_the_others_in_part(carry: float, other: float) -> None:
    assert with_ratio(4.0, carry).passes(0.0, [PASS, None])[1] == pytest.approx(other)


def test_programs_of_unknown_origin_pass_as_often_as_they_fail() -> None:
    unknown = replace(BELIEF, prior=None)
    assert unknown.log_odds(candidate(1, duplicates=3, logprob=-2.0), POOL) == 0.0
    assert unknown.passes(0.0, [None]) == [0.5]


def test_likelier_and_more_frequent_programs_are_believed_more_and_so_are_those_of_an_easy_problem() -> None:
    plain = BELIEF.log_odds(candidate(1, logprob=-0.3), POOL)
    assert BELIEF.log_odds(candidate(1, logprob=-0.1), POOL) > plain
    assert BELIEF.log_odds(candidate(1, logprob=-0.3, duplicates=2), POOL) > plain
    assert BELIEF.log_odds(candidate(1, logprob=-0.3), replace(POOL, logprob=-0.4)) > plain


@pytest.mark.parametrize("looks", [{"logprob": -0.1}, {"logprob": -2.0, "duplicates": 1}])
def test_a_repair_is_believed_as_repairs_were_measured(looks: dict[str, float]) -> None:
    assert BELIEF.prior is not None
    mean = candidate(1, logprob=POOL.logprob)
    usual = BELIEF.log_odds(mean, POOL) - BELIEF.prior.agreement * agreement(mean, POOL)
    repair = candidate(3, parent="c1", round=1, **looks)
    assert BELIEF.log_odds(repair, POOL) == pytest.approx(usual + BELIEF.prior.repair)


def test_a_single_sample_has_nothing_to_agree_with() -> None:
    assert agreement(candidate(1), Pool(1, -0.1)) == 0.0
    assert agreement(candidate(1), POOL) == -agreement(candidate(1, duplicates=7), POOL)


def test_a_pool_counts_duplicates_and_leaves_repairs_out() -> None:
    sampled = [candidate(1, logprob=-0.1, duplicates=2), candidate(2, logprob=-0.5)]
    repair = candidate(3, logprob=-9.0, parent="c1", round=1)
    assert pool([*sampled, repair]) == Pool(4, pytest.approx(-0.2))  # type: ignore[arg-type]
    assert pool([]) == Pool(0, 0.0)
