from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from models.rl.predict import PredictEpisode
from models.rl.repair import RepairEpisode
from models.rl.rollout import Played, Turn, Written, lay_out, play, spans
from models.rl.rows import PredictRow
from models.rl.solve import SolveEpisode
from models.rl.verify import VerifyEpisode, VerifyRow
from tests.models.rl.played import DOUBLE, RIGHT, ROW, WRONG, table
from workers.pipeline.types import Completion, FinishReason, Prompt

STOP = 0
PREDICT = PredictRow("def f(x):\n    return x", "function", "f", "1", "1")


class Characters:
    """A policy whose tokens are characters and whose answers come from a script by the first key a prompt holds."""

    def __init__(self, script: dict[str, str]) -> None:
        self._script = script
        self.calls: list[int] = []

    def encode(self, prompt: Prompt) -> list[int]:
        return [ord(char) for char in prompt.text or ""]

    def read(self, written: Written) -> Completion:
        return Completion("".join(map(chr, written.ids[:-1])), FinishReason.STOP)

    def waiting(self, count: int) -> bool:
        return count > 0

    def generate(self, prompts: list[list[int]]) -> list[Written]:
        self.calls.append(len(prompts))
        told = ["".join(map(chr, ids)) for ids in prompts]
        answers = [next(answer for key, answer in self._script.items() if key in text) for text in told]
        return [Written([*map(ord, answer), STOP], [-0.5] * (len(answer) + 1)) for answer in answers]


SCRIPT = {
    "<|solve|>": WRONG, "<|repair|>": RIGHT, "<|expected|>": "True", "return n + 1<|input|>": "<|output|>2",
    "<|predict|>": "<|output|>1",
}  # fmt: skip


def games(policy: Characters, longest: int = 1000, threads: int = 2) -> list[Played]:
    return play(
        [
            PredictEpisode(PREDICT, "tagged"),
            SolveEpisode(ROW, "tagged", table()),
            RepairEpisode(ROW, "tagged", table(), 2, "true", Random(0)),
            RepairEpisode(ROW, "tagged", table(), 2, "predicted", Random(0)),
            VerifyEpisode(VerifyRow(DOUBLE, RIGHT, ROW.hidden[0], True), "tagged"),
        ],
        policy,
        longest,
        threads,
    )


def test_tasks_are_played_side_by_side_each_to_its_own_end() -> None:
    policy = Characters(SCRIPT)
    made = games(policy)
    assert [game.outcome.right for game in made if game.outcome] == [True, False, True, True, True]
    assert [len(game.turns) for game in made] == [1, 1, 2, 2, 1]
    assert policy.calls == [5, 1 + 2, 1]  # the first turns; one repair beside two predictions; the other repair


def text(ids: list[int], mask: list[int] | None = None, want: int = 1) -> str:
    return "".join(chr(i) for i, m in zip(ids, mask or [want] * len(ids), strict=True) if m == want)


def test_a_row_is_the_episode_and_feedback_carries_mask_zero() -> None:
    true, predicted = games(Characters(SCRIPT))[2:4]
    for game in (true, predicted):
        row = lay_out(game, learn=True)
        assert len(row.completion) == len(row.mask) == len(row.logprobs or [])
        assert text(row.prompt).startswith("<|solve|>")
        assert text(row.completion, row.mask, 1) == f"{WRONG}\0{RIGHT}\0"
        masked = text(row.completion, row.mask, 0)
        assert masked.startswith("<|fix|>")
        assert "<|predicted|>" in masked
        assert "<|predict|>" not in text(row.completion)  # self-made feedback is not in the row at all
        assert [lp == -0.5 for lp in row.logprobs or []] == [m == 1 for m in row.mask]
    assert predicted.tokens > true.tokens == true.turns[0].answer.ids.__len__() + true.turns[1].answer.ids.__len__()


def test_spans_find_each_turn_with_its_own_prompt() -> None:
    game = games(Characters(SCRIPT))[2]
    row = lay_out(game, learn=True)
    first, second = spans(row.mask)
    assert first == (0, 0, len(WRONG) + 1)
    prompt, start, end = second
    assert (row.completion[prompt:start], row.completion[start:end]) == (game.turns[1].prompt, game.turns[1].answer.ids)
    assert end == len(row.completion)


@pytest.mark.parametrize(
    ("mask", "found"),
    [
        ([], []),
        ([0, 0, 0], []),
        ([1, 1], [(0, 0, 2)]),
        ([1, 1, 0, 0], [(0, 0, 2)]),  # padding
        ([1, 0, 0, 1, 1, 0, 1, 0], [(0, 0, 1), (1, 3, 5), (5, 6, 7)]),
    ],
)
def test_spans(mask: list[int], found: list[tuple[int, int, int]]) -> None:
    assert spans(mask) == found


def test_a_group_that_teaches_nothing_has_mask_zero_everywhere() -> None:
    row = lay_out(games(Characters(SCRIPT))[2], learn=False)
    assert set(row.mask) == {0}
    assert len(row.mask) == len(row.completion)


def test_no_logprobs_from_the_engine_are_no_logprobs_in_the_row() -> None:
    game = Played(PredictEpisode(PREDICT, "tagged"), [Turn([1], Written([2, 3]))])
    assert lay_out(game, learn=True).logprobs is None


def test_a_repair_prompt_that_is_too_long_ends_the_episode_with_what_it_has() -> None:
    longest = len("<|solve|>Return twice n.<|starter|>def f(n):<|code|>")
    policy = Characters(SCRIPT)
    (game,) = play([RepairEpisode(ROW, "tagged", table(), 2, "true", Random(0))], policy, longest)
    assert len(game.turns) == 1
    assert game.outcome is not None
    assert (game.outcome.right, game.outcome.readable) == (False, True)


def test_a_prediction_that_is_too_long_stays_unknown() -> None:
    longest = len("<|solve|>Return twice n.<|starter|>def f(n):<|code|>")
    policy = Characters(SCRIPT)
    (game,) = play([RepairEpisode(ROW, "tagged", table(), 2, "predicted", Random(0))], policy, longest)
    assert policy.calls == [1, 0]
    assert game.outcome is not None
    assert (game.outcome.agreed, game.outcome.judged) == (0, 2)


def test_a_first_prompt_that_is_too_long_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="filtered"):
        games(Characters(SCRIPT), longest=5)


def test_every_process_takes_part_until_the_last_is_done() -> None:
    class Slower(Characters):
        """As if another process still had two rounds to go."""

        def __init__(self) -> None:
            super().__init__(SCRIPT)
            self.others: Iterator[bool] = iter([True, True, True, False])

        def waiting(self, count: int) -> bool:
            return next(self.others) or count > 0

    policy = Slower()
    play([PredictEpisode(PREDICT, "tagged")], policy, 1000)
    assert policy.calls == [1, 0, 0]
