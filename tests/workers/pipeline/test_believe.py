from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers.pipeline.problems import BELIEF, candidate
from workers.pipeline.believe import Belief, Others, Pool, agreement, pool
from workers.pipeline.types import Verdict

PASS, FAIL, ABSTAIN = Verdict.PASS, Verdict.FAIL, Verdict.ABSTAIN
POOL = Pool(8, -0.5)
odds = st.floats(-1000, 1000)
said = st.lists(st.sampled_from([*Verdict, None]), min_size=1, max_size=6)
BETTER = {FAIL: ABSTAIN, ABSTAIN: PASS, PASS: PASS, None: PASS}
"""By the ratios of BELIEF."""


def with_ratio(ratio: float, carry: float) -> Belief:
    return Belief(BELIEF.prior, {PASS: ratio, FAIL: 1 / ratio, ABSTAIN: 1.0}, carry)


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


def test_the_chances_of_a_sample_are_those_of_its_log_odds_and_verdicts() -> None:
    one = candidate(1, logprob=-0.3)
    believed = BELIEF.passes(BELIEF.log_odds(one, POOL), [PASS, None, FAIL])
    assert BELIEF.chances(one, POOL, [(PASS, 0.1), None, (FAIL, 0.9)]) == believed


def of_others(*said: tuple[Verdict, float] | None, slip: float = 0.25) -> list[float]:
    return Others((), slip).chances(candidate(1, duplicates=3, logprob=-2.0), POOL, said)


def test_of_a_program_of_others_nothing_is_known_but_what_its_own_runs_say() -> None:
    assert of_others(None, (ABSTAIN, 0.9)) == [0.5, 0.5]
    assert of_others((FAIL, 0.9), (PASS, 0.5))[1] == of_others((PASS, 0.5))[0]


@pytest.mark.parametrize(
    ("said", "chance"),
    [
        ((PASS, 1.0), 1.0),
        ((FAIL, 1.0), 0.0),
        ((PASS, 0.5), 0.5 / (0.5 + 0.5 * 0.25)),
        ((FAIL, 0.5), 0.5 / (0.5 + 0.5 + 0.5 * 0.75)),
        ((PASS, 0.0), 0.0),
        ((FAIL, 0.0), 1 / (1 + 0.75)),
    ],
)
def test_even_odds_become_what_bayes_rule_makes_of_a_run(said: tuple[Verdict, float], chance: float) -> None:
    assert of_others(said) == [pytest.approx(chance)]


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 1))
def test_the_surer_a_run_the_more_its_verdict_says(one: float, other: float, slip: float) -> None:
    less, more = sorted((one, other))
    passed = [of_others((PASS, sure), slip=slip)[0] for sure in (less, more)]
    failed = [of_others((FAIL, sure), slip=slip)[0] for sure in (less, more)]
    assert 0 <= passed[0] <= passed[1] + 1e-9 <= 1 + 1e-9
    assert 1 >= failed[0] >= failed[1] - 1e-9 >= -1e-9


@pytest.mark.parametrize(("sure", "slip"), [(0.2, 0.5), (0.5, 0.1), (0.8, 1.0)])
def test_chances_of_others_are_frequencies(sure: float, slip: float) -> None:
    """Of programs that pass half their tests, simulated as the belief has it, just so many pass."""
    random = Random(0)
    passed, said = [], []
    for _ in range(4000):
        passes, right = random.random() < 0.5, random.random() < sure
        passed.append(passes)
        said.append(PASS if (passes if right else not passes and random.random() < slip) else FAIL)
    for word in (PASS, FAIL):
        own = [passes for passes, one in zip(passed, said, strict=True) if one is word]
        assert sum(own) / len(own) == pytest.approx(of_others((word, sure), slip=slip)[0], abs=0.05)


def test_likelier_and_more_frequent_programs_are_believed_more_and_so_are_those_of_an_easy_problem() -> None:
    plain = BELIEF.log_odds(candidate(1, logprob=-0.3), POOL)
    assert BELIEF.log_odds(candidate(1, logprob=-0.1), POOL) > plain
    assert BELIEF.log_odds(candidate(1, logprob=-0.3, duplicates=2), POOL) > plain
    assert BELIEF.log_odds(candidate(1, logprob=-0.3), replace(POOL, logprob=-0.4)) > plain


@pytest.mark.parametrize("looks", [{"logprob": -0.1}, {"logprob": -2.0, "duplicates": 1}])
def test_a_repair_is_believed_as_repairs_were_measured(looks: dict[str, float]) -> None:
    mean = candidate(1, logprob=POOL.logprob)
    usual = BELIEF.log_odds(mean, POOL) - BELIEF.prior.agreement * agreement(mean, POOL)
    repair = candidate(3, parent="c1", round=1, **looks)
    assert BELIEF.log_odds(repair, POOL) == pytest.approx(usual + BELIEF.prior.repair)


def test_a_single_sample_has_nothing_to_agree_with() -> None:
    assert agreement(candidate(1), Pool(1, -0.1)) == 0.0
    assert agreement(candidate(1), POOL) == -agreement(candidate(1, duplicates=7), POOL)


@given(st.integers(1, 64), st.integers(0, 16))
def test_what_a_later_round_wrote_is_not_of_the_pool(completions: int, duplicates: int) -> None:
    """Written more often than the first draw has programs, it is likelier to come again, and nothing is infinite."""
    later = replace(candidate(9, duplicates=duplicates), round=1)
    assert pool([candidate(1), later]) == pool([candidate(1)])
    assert (agreement(later, Pool(completions, -0.1)) > 0) is (duplicates > completions)


def test_a_pool_counts_duplicates_and_leaves_repairs_out() -> None:
    sampled = [candidate(1, logprob=-0.1, duplicates=2), candidate(2, logprob=-0.5)]
    repair = candidate(3, logprob=-9.0, parent="c1", round=1)
    assert pool([*sampled, repair]) == Pool(4, pytest.approx(-0.2))  # type: ignore[arg-type]
    assert pool([]) == Pool(0, 0.0)
