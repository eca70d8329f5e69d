from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import get_args

import pytest

from models.dataset import folder
from models.dataset.decontaminate import Decontaminator
from models.dataset.records import Dropped, Program
from models.programs import chain
from models.rl import drawing, pool, rows, shares
from models.rl.config import PoolConfig, RlConfig, TaskConfig
from models.rl.episode import Feedback
from models.rl.pool import Entry
from models.rl.repair import RepairEpisode
from models.rl.rows import PredictRow, SolveRow, VerifyRow
from models.trace.tracer import trace
from tests.fakes import completion, prompt_text
from workers.pipeline import compare
from workers.pipeline.errors import InputError
from workers.pipeline.types import Completion, IOTest, Prediction, Problem, Prompt, PromptStyle

CONFIG = RlConfig(
    "pool",
    (TaskConfig("predict", 2), TaskConfig("repair"), TaskConfig("verify", 2)),
    pool=PoolConfig(rows=100, hidden=4, raises=0.1, endless=0.08),
)


@cache
def entries() -> tuple[Entry, ...]:
    return tuple(pool.make(CONFIG))


def test_the_same_configuration_gives_the_same_rows_on_any_number_of_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[str | None] = []

    def one_core() -> int:  # asked for when the children are about to start
        seeds.append(os.environ.get("PYTHONHASHSEED"))
        return 1

    before = os.environ.get("PYTHONHASHSEED")
    monkeypatch.setattr("os.cpu_count", one_core)
    monkeypatch.setattr(pool, "BATCH", 6)
    small = replace(CONFIG, pool=replace(CONFIG.pool, rows=30, endless=0.0))
    once = pool.make(small)
    assert "0" in seeds  # the order of a set is seen in outputs
    assert os.environ.get("PYTHONHASHSEED") == before
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    assert pool.make(small) == once
    assert pool.make(replace(small, seed=2)) != once


def test_tasks_have_their_shares() -> None:
    tasks = [task for task, _ in entries()]
    assert {task: tasks.count(task) for task in tasks} == {"predict": 40, "repair": 20, "verify": 40}


def test_predict_holds_right_and_wrong_programs_exceptions_and_endless_runs() -> None:
    found = [row for _, row in entries() if isinstance(row, PredictRow)]
    assert {row.correct for row in found} == {True, False, None}
    assert sum(row.raises is not None for row in found) >= 1
    assert sum(not row.finishes for row in found) >= 1
    assert all((row.output is None) == (row.raises is not None or not row.finishes) for row in found)


@pytest.mark.parametrize(("wrong", "correct"), [(0.0, {None}), (1.0, {False})])
def test_programs_for_no_stated_problem_are_incorrect_where_a_slip_was_made(
    wrong: float, correct: set[bool | None]
) -> None:
    config = PoolConfig(wrong=wrong, stated=0.0, raises=0.0, endless=0.0, frequencies="wide")
    index = Decontaminator.load()
    found = [drawing.predict(config, index, Random(seed)) for seed in range(8)]
    assert {row.correct for row in found} == correct
    assert all(row.output is not None for row in found)


def test_a_slip_changes_what_the_program_does_or_there_is_none() -> None:
    code = "def f(x):\n    y = x * 2\n    if x > 100:\n        y = y + 1\n    return y + 0"
    for seed in range(20):
        slip = drawing.slipped(Program(code, "function", "f", "3", ""), Random(seed))
        assert trace(slip, "function", "f", "3").output != "6"
    with pytest.raises(Dropped, match="no slip"):
        drawing.slipped(Program("def f(x):\n    return 'a'", "function", "f", "3", ""), Random(0))


def test_of_the_rows_to_verify_just_the_share_is_wrong_and_no_incorrect_program_passes() -> None:
    found = [row for _, row in entries() if isinstance(row, VerifyRow)]
    assert len(found) == 40
    assert [sum(not row.passes for row in found[:n]) for n in (1, 2, 20, 40)] == [1, 1, 10, 20]
    drawn = [drawing.verify(PoolConfig(), Decontaminator.load(), Random(seed), passes=False) for seed in range(5)]
    assert not any(row.passes for row in drawn)


def test_a_share_is_exact_for_any_number_of_rows_and_batches() -> None:
    for share in (0.0, 0.1, 0.3, 0.5, 0.75, 1.0):
        for count in (1, 2, 7, 64, 65, 200):
            taken = sum(shares.due(number, share) for number in range(count))
            assert abs(taken - share * count) <= 0.5


def test_no_constant_passes_the_hidden_tests() -> None:
    for _, row in entries():
        if isinstance(row, SolveRow):
            outputs = {compare.key(test.output or "", row.problem.io) for test in row.hidden}
            assert len(outputs) > 1
            assert len(row.problem.public_tests) == 3
            assert len(row.hidden) == 4


def test_nothing_close_to_an_evaluation_set_is_drawn() -> None:
    evaluation = Decontaminator.load()
    for _, row in entries():
        if isinstance(row, PredictRow):
            assert evaluation.why(row.code) is None


def test_a_stalled_program_has_lost_a_statement_of_a_loop() -> None:
    code = "def f(n):\n    while n:\n        n -= 1\n        print(n)"
    assert {drawing.stalled(code, Random(seed)) for seed in range(9)} == {
        "def f(n):\n    while n:\n        print(n)",
        "def f(n):\n    while n:\n        n -= 1",
    }
    assert drawing.stalled("def f(n):\n    return n", Random(0)) is None


def test_problems_have_as_many_operations_as_are_asked_for() -> None:
    for operations in (0, 4):
        for held_out in (False, True):
            stated = [drawing.draw_stated(Random(seed), operations, held_out) for seed in range(20)]
            assert {chain.held_out(one.steps) for one in stated} == {held_out}
            lengths = {len(one.steps) for one in stated}
            assert lengths == {4} if operations else lengths <= {1, 2, 3}


def test_where_nothing_is_wrong_nothing_has_a_slip(monkeypatch: pytest.MonkeyPatch) -> None:
    def slip(*_: object) -> str:
        raise AssertionError("a program was spoilt")

    monkeypatch.setattr(drawing, "stalled", slip)
    config = PoolConfig(wrong=0.0, raises=0.5, endless=0.0)
    found = [drawing.predict(config, Decontaminator.load(), Random(seed)) for seed in range(12)]
    assert {row.correct for row in found} <= {True, None}
    assert any(row.raises for row in found)
    with pytest.raises(AssertionError, match="spoilt"):
        drawing.predict(PoolConfig(wrong=0.5, raises=1.0, endless=0.0), Decontaminator.load(), Random(0))


def test_programs_that_come_with_a_slip_count_as_incorrect_and_are_drawn_for_nothing_else() -> None:
    rng, evaluation = Random("wide"), Decontaminator.load()
    none = PoolConfig(wrong=0.0, stated=0.0, endless=0.0, frequencies="wide")
    assert all(drawing.predict(none, evaluation, rng).correct is None for _ in range(40))
    half = [drawing.predict(replace(none, wrong=0.5), evaluation, rng).correct for _ in range(60)]
    assert 15 < half.count(False) < 45 and None in half


def test_rows_go_to_json_and_back(tmp_path: Path) -> None:
    assert tuple(rows.load(json.loads(json.dumps(rows.dump(*entry)))) for entry in entries()) == entries()
    path = tmp_path / "pool.jsonl"
    path.write_text(json.dumps(rows.dump(*entries()[0])) + "\n")
    loaded, sha = pool.load(CONFIG, path)  # what is there is not drawn again
    assert loaded == [entries()[0]]
    assert sha == folder.sha256(path)


def test_texts_with_other_line_ends_are_no_line_ends_of_the_pool_and_damage_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd: Entry = ("predict", PredictRow("x = '\u2028\x85'", "stdio", None, "\u2029", "\x0c"))
    monkeypatch.setattr(pool, "make", lambda _: [odd, odd])
    path = tmp_path / "pool.jsonl"
    assert pool.load(CONFIG, path)[0] == [odd, odd]
    for damage in (path.read_text()[:-20], '{"task": "predict"}', '{"task": "guess"}', "[1]"):
        path.write_text(damage)
        with pytest.raises(InputError, match=r"pool\.jsonl is damaged"):
            pool.load(CONFIG, path)


class Says:
    """A grader for which every program does the same: the expected output of a test, or something else."""

    def __init__(self, right: bool) -> None:
        self._right = right

    def passes(self, problem: Problem, code: str, tests: object) -> bool | None:
        return self._right

    def observe(self, problem: Problem, code: str, tests: tuple[IOTest, ...]) -> list[Prediction]:
        return [Prediction(output=t.output if self._right else "'?'", finishes=True) for t in tests]


def shown_inputs(prompt: Prompt) -> set[str]:
    """Inputs that a prompt shows, in either style, as they stand there."""
    text = prompt_text(prompt)
    tagged = re.findall(r"<\|input\|>(.*?)<\|(?:expected|trace)\|>", text, re.DOTALL)
    fenced = re.findall(r"Input:\n(`{3,})\n(.*?)\n\1", text, re.DOTALL)
    return {*tagged, *(block for _, block in fenced)}


def form(given: str, problem: Problem, style: PromptStyle) -> str:
    """How a prompt would show an input."""
    if style == "tagged":
        return repr(given) if problem.io == "stdio" else given
    return given.strip("\n") if problem.io == "stdio" else f"{problem.entry_point}({given.strip()})"


def asked(row: SolveRow, style: PromptStyle, feedback: Feedback, seed: int) -> list[Prompt]:
    """Every prompt of an episode of three turns whose programs are never right."""
    problem = row.problem
    code = f"def {problem.entry_point}(*a):\n    return '?'" if problem.entry_point else "print('?')"
    program = code if style == "tagged" else f"```python\n{code}\n```"
    outcome = "<|output|>'?'" if style == "tagged" else "[OUTPUT]\n'?'\n[/OUTPUT]"
    episode = RepairEpisode(row, style, Says(right=False), 3, feedback, Random(seed))
    prompts: list[Prompt] = []
    ask = episode.start()
    while True:
        prompts += ask.prompts
        answers: list[Completion] = [completion(program if ask.trained else outcome) for _ in ask.prompts]
        following = episode.step(answers)
        if following is None:
            return prompts
        ask = following


@pytest.mark.parametrize("style", get_args(PromptStyle))
@pytest.mark.parametrize("feedback", get_args(Feedback))
def test_no_prompt_of_an_episode_shows_a_hidden_test(style: PromptStyle, feedback: Feedback) -> None:
    several = 0
    for number, (_, row) in enumerate(entries()):
        if not isinstance(row, SolveRow):
            continue
        problem = row.problem
        public, hidden = ({t.input for t in tests} for tests in (problem.public_tests, row.hidden))
        assert public.isdisjoint(hidden)
        prompts = asked(row, style, feedback, number)
        several += len(prompts) > 1
        seen = set().union(*map(shown_inputs, prompts))
        assert seen <= {form(given, problem, style) for given in public}
        if style == "chat" and problem.io == "function":
            calls = [form(given, problem, style) for given in hidden]
            assert not any(call in prompt_text(prompt) for call in calls for prompt in prompts)
    assert several > (0 if feedback == "random" else 10)
