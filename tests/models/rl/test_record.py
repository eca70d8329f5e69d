from __future__ import annotations

from models.rl.episode import Outcome
from models.rl.record import Fact, learned, lines


def fact(right: bool | None, reward: float | None, learned: bool = True, **outcome: int) -> Fact:
    return Fact(Outcome("repair", right, True, False, **outcome), reward, 10, 15, learned)


def test_a_line_for_each_task_tells_what_its_episodes_were() -> None:
    facts = [
        fact(True, 0.5, turns=2, agreed=1, judged=2),
        fact(False, -0.5, agreed=2, judged=2),
        fact(None, None, learned=False),
        fact(None, None, learned=False),
        Fact(Outcome("predict", False, False, True), -1.0, 4, 4, False),
        Fact(Outcome("predict", False, True, False), -1.0, 8, 8, False),
    ]
    predict, repair = lines(facts, 2)
    assert predict == {
        "task": "predict", "episodes": 2, "reward": -1.0, "accuracy": 0.0, "unreadable": 0.5, "tokens": 12,
        "length": 6.0, "truncated": 0.5, "turns": 1.0, "groups": 1, "skipped": 1, "unknown": 0, "agreement": None,
    }  # fmt: skip
    assert repair["reward"] == 0.0
    assert (repair["accuracy"], repair["unknown"], repair["groups"], repair["skipped"]) == (0.5, 2, 2, 1)
    assert (repair["agreement"], repair["turns"], repair["tokens"]) == (0.75, 1.25, 60)


def test_a_task_was_learned_if_some_group_of_it_had_a_spread_of_rewards() -> None:
    def line(task: str, groups: int, skipped: int, turns: float = 1.0) -> dict[str, object]:
        return {"step": 1, "task": task, "groups": groups, "skipped": skipped, "turns": turns}

    assert learned([line("predict", 4, 4), line("verify", 1, 1), {"step": 1, "loss": 0.1}]) == []
    assert learned([line("verify", 2, 2), line("verify", 2, 1), line("predict", 1, 0)]) == ["verify", "predict"]
    assert learned([line("repair", 2, 0)]) == ["solve"]  # no second turn was played
    assert learned([line("repair", 2, 0, 1.25), line("solve", 1, 0)]) == ["solve", "fix"]
