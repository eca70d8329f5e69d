from __future__ import annotations

import pytest

from models.rl.rewards import reward
from models.rl.rows import VerifyRow
from models.rl.verify import VerifyEpisode
from tests.fakes import completion
from tests.models.rl.played import DOUBLE, RIGHT, WRONG, play, texts
from workers.pipeline.types import FinishReason, IOTest

PASSES = VerifyRow(DOUBLE, RIGHT, IOTest("5", "10"), True)
FAILS = VerifyRow(DOUBLE, WRONG, IOTest("5", "10"), False)


@pytest.mark.parametrize(("answer", "right"), [("True<|end|>", (1, -1)), ("False<|end|>", (-1, 1)), ("5", (-1, -1))])
def test_the_reward_is_for_being_right_and_silence_does_not_pay(answer: str, right: tuple[float, float]) -> None:
    earned = []
    for row in (PASSES, FAILS):
        episode = VerifyEpisode(row, "tagged")
        play(episode, answer)
        earned.append(reward(episode.score()))
    assert tuple(earned) == right


def test_an_answer_cut_off_is_no_answer() -> None:
    episode = VerifyEpisode(PASSES, "tagged")
    play(episode, completion("True", finish=FinishReason.LENGTH))
    assert (episode.score().right, episode.score().truncated) == (False, True)


def test_the_prompt_shows_program_and_test_but_not_the_answer() -> None:
    (prompt,) = texts(play(VerifyEpisode(FAILS, "tagged"), "True"))
    assert prompt.endswith("return n + 1<|input|>5<|expected|>10<|trace|>")
    (prompt,) = texts(play(VerifyEpisode(FAILS, "chat"), "True"))
    assert "f(5)" in prompt
    assert "10" in prompt
