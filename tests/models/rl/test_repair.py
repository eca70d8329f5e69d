from __future__ import annotations

from random import Random

import pytest

from models.rl.episode import Feedback
from models.rl.repair import RepairEpisode
from models.rl.rewards import reward
from tests.fakes import completion
from tests.models.rl.played import LOOKUP, RIGHT, ROW, WRONG, TableGrader, play, table, texts
from workers.pipeline.types import FinishReason, Prompt, PromptStyle

SAYS_WRONG = "<|output|>99<|end|>"


def episode(
    feedback: Feedback, turns: int = 2, grader: TableGrader | None = None, style: PromptStyle = "tagged"
) -> RepairEpisode:
    return RepairEpisode(ROW, style, grader or table(), turns, feedback, Random(0))


def test_true_feedback_shows_what_really_happens_and_a_repair_is_rewarded() -> None:
    made = episode("true")
    solve, fix = texts(play(made, WRONG, RIGHT))
    assert solve == "<|solve|>Return twice n.<|starter|>def f(n):<|code|>"
    assert fix == (
        "<|fix|>Return twice n.<|code|>def f(n):\n    return n + 1<|input|>3<|expected|>6<|predicted|>4"
        "<|input|>1<|expected|>2<|predicted|>2<|repair|>"
    )
    outcome = made.score()
    assert (reward(outcome), outcome.turns, outcome.judged) == (1.0, 2, 0)


def test_an_episode_ends_when_feedback_refutes_nothing() -> None:
    made = episode("true", turns=5)
    assert len(play(made, RIGHT)) == 1
    assert reward(made.score()) == 1.0


def test_passing_the_public_tests_alone_earns_nothing() -> None:
    made = episode("true", turns=5)
    play(made, LOOKUP)
    assert reward(made.score()) == -1.0


def test_the_last_turn_is_the_last() -> None:
    made = episode("true", turns=3)
    assert len(play(made, WRONG, WRONG, WRONG)) == 3
    assert (reward(made.score()), made.score().turns) == (-1.0, 3)


def test_predicted_feedback_comes_from_fresh_prompts_that_are_not_learned_from() -> None:
    made = episode("predicted")
    made.start()
    ask = made.step([completion(WRONG)])
    assert ask is not None
    assert not ask.trained
    assert texts(ask.prompts) == [
        f"<|predict|><|code|>{WRONG}<|input|>{given}<|trace|>" for given in ("1", "3")
    ]  # neither problem nor expected output
    fix = made.step([completion("<|output|>2<|end|>"), completion("<|output|>77<|end|>")])
    assert fix is not None
    assert fix.trained
    assert "<|predicted|>77" in texts(fix.prompts)[0]
    assert made.step([completion(RIGHT)]) is None
    outcome = made.score()
    assert (reward(outcome), outcome.turns, outcome.agreed, outcome.judged) == (1.0, 2, 2, 2)


def test_agreement_counts_verdicts_that_execution_shares() -> None:
    made = episode("predicted")
    play(made, RIGHT, SAYS_WRONG, RIGHT)  # the program is right, the model denies it twice
    assert (made.score().agreed, made.score().judged) == (0, 2)
    made = episode("predicted")
    play(made, WRONG, "cannot tell")  # an abstention is no agreement
    assert (made.score().agreed, made.score().judged) == (0, 2)


def test_a_wrong_program_that_the_model_believes_in_ends_the_episode_unrewarded() -> None:
    def believes(prompt: Prompt) -> str:
        return "<|output|>2<|end|>" if "<|input|>1<" in (prompt.text or "") else "<|output|>6<|end|>"

    made = episode("predicted", turns=5)
    play(made, WRONG, believes)
    assert (reward(made.score()), made.score().agreed) == (-1.0, 1)


def test_without_feedback_every_turn_is_used_and_nothing_but_the_program_is_shown() -> None:
    made, grader = None, table()
    made = episode("none", turns=2, grader=grader)
    _, fix = texts(play(made, RIGHT, RIGHT))
    assert fix == f"<|fix|>Return twice n.<|code|>{RIGHT}<|repair|>"
    assert grader.calls == []
    assert reward(made.score()) == 1.0


def test_random_feedback_is_seeded_and_sometimes_wrong() -> None:
    def shown(seed: int) -> list[str]:
        made = RepairEpisode(ROW, "tagged", table(), 2, "random", Random(seed))
        ask = (made.start(), made.step([completion(RIGHT)]))[1]
        return texts(ask.prompts) if ask else []

    seen = [tuple(shown(seed)) for seed in range(20)]
    assert seen == [tuple(shown(seed)) for seed in range(20)]
    assert 2 < seen.count(()) < 18 - 2


@pytest.mark.parametrize("noise", ["no program", "def g(n):\n    return 1", ""])
def test_noise_after_a_right_program_is_not_praised(noise: str) -> None:
    made = episode("predicted")
    play(made, RIGHT, SAYS_WRONG, noise)
    outcome = made.score()
    assert (reward(outcome), outcome.readable) == (-1.0, False)


def test_a_first_answer_that_is_no_program_ends_the_episode() -> None:
    made = episode("true", turns=5)
    play(made, completion(RIGHT, finish=FinishReason.LENGTH))
    assert (reward(made.score()), made.score().truncated, made.score().turns) == (-1.0, True, 1)


def test_only_hidden_tests_decide_and_feedback_never_runs_them() -> None:
    grader = table()
    made = episode("true", turns=2, grader=grader)
    play(made, WRONG, RIGHT)
    made.score()
    assert grader.calls == [("observe", ("1", "3")), ("passes", ("5", "-2"))]


def test_the_chat_style_repairs_too() -> None:
    made = episode("true", style="chat", grader=TableGrader({RIGHT: lambda n: n * 2, WRONG: lambda n: n + 1}))
    _, fix = texts(play(made, f"```python\n{WRONG}\n```", f"INCORRECT\n```python\n{RIGHT}\n```"))
    assert "What the program does, worked out by hand:\n```\n4\n```" in fix
    assert reward(made.score()) == 1.0
