from __future__ import annotations

import pytest

from models.rl.episode import Outcome
from models.rl.rewards import lessons, reward, spread


@pytest.mark.parametrize(("right", "earned"), [(True, 0.8), (False, -0.8), (None, None)])
def test_a_reward_is_the_scale_its_negative_or_no_lesson(right: bool | None, earned: float | None) -> None:
    assert reward(Outcome("solve", right, True, False), 0.8) == earned


def test_nothing_but_being_right_pays() -> None:
    brief = Outcome("repair", False, readable=True, truncated=False, turns=1, agreed=9, judged=9)
    assert reward(brief) == reward(Outcome("repair", False, readable=False, truncated=True, turns=3)) == -1


@pytest.mark.parametrize(
    ("rewards", "differ"), [([1.0, 1.0], False), ([1.0, -1.0], True), ([None, 1.0], False), ([None, None], False)]
)
def test_a_group_teaches_where_its_known_rewards_differ(rewards: list[float | None], differ: bool) -> None:
    assert spread(rewards) is differ


@pytest.mark.parametrize(
    ("rewards", "all_of_them", "good_ones"),
    [
        ([1.0, -1.0, -1.0], [True, True, True], [True, False, False]),
        ([1.0, 1.0, 1.0], [False, False, False], [False, False, False]),
        ([None, 1.0, -1.0], [True, True, True], [False, True, False]),
    ],
)
def test_without_punishment_only_answers_better_than_their_group_teach(
    rewards: list[float | None], all_of_them: list[bool], good_ones: list[bool]
) -> None:
    assert lessons(rewards, punish=True) == all_of_them
    assert lessons(rewards, punish=False) == good_ones
