"""Rows from somebody's own data set: for every task, with what the generator's rows are held to, or one clear error."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from models.dataset import folder, schema
from models.rl import pool, posed
from models.rl.config import PoolConfig, RlConfig, TaskConfig
from models.rl.pool import Entry
from models.rl.rows import PredictRow, SolveRow, VerifyRow
from models.rl.solve import SolveEpisode
from tests.models.dataset import posed as stated
from tests.models.rl import dataset
from tests.models.rl.played import table
from workers.pipeline import compare
from workers.pipeline.errors import InputError
from workers.pipeline.types import PromptStyle


def config(data: Path, rows: int, *kinds: str, style: str = "tagged", **of_pool: Any) -> RlConfig:
    tasks = tuple(TaskConfig(kind) for kind in kinds)
    return RlConfig("own", tasks, style, pool=PoolConfig(rows=rows, data=str(data), **of_pool))


def made(data: Path, rows: int, *kinds: str, **more: Any) -> list[Entry]:
    return pool.make(config(data, rows, *kinds, **more))


def refused(data: Path, rows: int, *kinds: str, **more: Any) -> str:
    with pytest.raises(InputError) as refusal:
        made(data, rows, *kinds, **more)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_predict_rows_are_those_of_the_training_split_in_the_style(tmp_path: Path) -> None:
    data = dataset.write(tmp_path / "d", [*(dataset.row(n) for n in range(5)), dataset.posed(9)])
    found = [row for _, row in made(data, 5, "predict") if isinstance(row, PredictRow)]
    assert sorted(row.code for row in found) == [f"x = {n}" for n in range(5)]
    assert (found[0].output, found[0].finishes, found[0].told) == ("2", True, "c")
    assert made(data, 3, "predict") == made(data, 3, "predict")
    assert "has 5 predict rows of style tagged for training, 6 are wanted" in refused(data, 6, "predict")
    assert "has 0 predict rows of style chat" in refused(data, 1, "predict", style="chat")


def test_every_task_that_is_asked_for_starts_from_the_data_and_nothing_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pool, "_drawn", lambda *_: pytest.fail("the generator was asked"))
    rows = [*(dataset.row(n, correct=n % 2 == 0) for n in range(6)), *(dataset.posed(n) for n in range(6))]
    data = dataset.write(tmp_path / "d", rows)
    found = made(data, 16, "predict", "solve", "repair", "verify", raises=0.0, endless=0.0)
    assert Counter(task for task, _ in found) == dict.fromkeys(("predict", "solve", "repair", "verify"), 4)
    assert all("Twice" in row.problem.statement for _, row in found if not isinstance(row, PredictRow))
    told = capsys.readouterr().out
    assert f"{tmp_path / 'd'}: 4 of 6 predict rows: raises 0.0%, endless 0.0%, wrong 50.0%\n" in told
    assert "4 of 6 repair rows\n" in told


def test_a_problem_has_its_tests_as_configured_and_no_input_on_both_sides(tmp_path: Path) -> None:
    public, hidden = (1, 3, 7), ("1 ", 4, "[4,4]", "[4, 4]", 5)
    tests = dataset.tests(*((n, True) for n in public), *((n, False) for n in hidden))
    data = dataset.write(tmp_path / "d", [dataset.posed(0) | {"tests": tests}])
    ((_, row),) = made(data, 1, "solve", public=2, hidden=8)
    assert isinstance(row, SolveRow)
    assert [test.input for test in row.problem.public_tests] == ["1", "3"]
    assert sorted(test.input for test in row.hidden) == ["4", "5", "[4,4]"]  # what prompts write alike is the same
    assert (row.problem.entry_point, row.problem.starter_code) == ("f", "def f(n):")
    ((_, row),) = made(data, 1, "solve", hidden=2)
    assert isinstance(row, SolveRow)
    assert len(row.hidden) == 2


SAME = [(1, True), (2, False), (-2, False)]
USELESS: dict[str, dict[str, Any]] = {
    "no tests": {"tests": None},
    "no statement": {"statement": None},
    "no entry point": {"entry_point": None},
    "no public test": {"tests": dataset.tests((1, False), (2, False))},
    "one answer passes every hidden test": {"tests": [t | {"output": "4"} for t in dataset.tests(*SAME)]},
    "the right program does not define the entry point": {"right_program": "def g(n):\n    return n"},
}


@pytest.mark.parametrize(("reason", "changes"), USELESS.items(), ids=USELESS.keys())
def test_a_problem_that_is_none_is_counted_by_its_reason(reason: str, changes: dict[str, Any], tmp_path: Path) -> None:
    data = dataset.write(tmp_path / "d", [dataset.posed(0) | changes, dataset.posed(1), dataset.posed(1, group="h")])
    refusal = refused(data, 3, "repair")
    assert "has 1 repair rows of style tagged for training, 3 are wanted; dropped: " in refusal
    assert f"{reason} (1)" in refusal
    assert "its problem is there already (1)" in refusal


NO_PAIR: dict[str, dict[str, Any]] = {
    "no right program or no test": {"failing_input": None},
    "both programs are the same": {"wrong_program": dataset.RIGHT + "  # so it is"},
    "no public test tells the programs apart": {"failing_input": "4"},
}


@pytest.mark.parametrize(("reason", "changes"), NO_PAIR.items(), ids=NO_PAIR.keys())
def test_a_pair_that_is_none_is_counted_by_its_reason(reason: str, changes: dict[str, Any], tmp_path: Path) -> None:
    data = dataset.write(tmp_path / "d", [dataset.posed(0) | changes])
    assert f"has 0 verify rows of style tagged for training, 1 are wanted; dropped: {reason} (1)" in refused(
        data, 1, "verify"
    )


def test_pairs_are_balanced_exactly_and_the_test_tells_nothing(tmp_path: Path) -> None:
    data = dataset.write(tmp_path / "d", [dataset.posed(n) for n in range(10)])
    for wrong in (0.5, 0.3, 1.0):
        found = [row for _, row in made(data, 10, "verify", wrong=wrong) if isinstance(row, VerifyRow)]
        assert sum(not row.passes for row in found) == 10 * wrong
        assert {row.test.input for row in found} == {"3"}
        assert all(row.code == (dataset.RIGHT if row.passes else dataset.WRONG) for row in found)


def test_the_rows_that_taught_verdicts_are_pairs_too_where_their_program_is_wrong(tmp_path: Path) -> None:
    wrong = dataset.posed(0) | {"task": "verify", "program": dataset.WRONG, "correct": False}
    right = dataset.posed(1) | {"task": "verify", "right_program": None, "wrong_program": None, "correct": True}
    data = dataset.write(tmp_path / "d", [wrong, right])
    ((_, row),) = made(data, 1, "verify", wrong=1.0)
    assert isinstance(row, VerifyRow)
    assert (row.code, row.test.input, row.problem.statement) == (dataset.WRONG, "3", "Twice, 0.")
    assert "has 1 verify rows" in refused(data, 2, "verify")
    problems = [row.problem for _, row in made(data, 2, "repair") if isinstance(row, SolveRow)]
    assert {problem.statement for problem in problems} == {"Twice, 0.", "Twice, 1."}


def test_a_hidden_test_of_a_problem_is_shown_by_no_pair_of_the_same_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = dataset.posed(0, group="h") | {"failing_input": "4", "tests": dataset.tests((4, True), (8, False))}
    data = dataset.write(tmp_path / "d", [dataset.posed(0), other])
    ((_, row), (_, pair)) = made(data, 2, "solve", "verify")
    assert isinstance(row, SolveRow)
    assert isinstance(pair, VerifyRow)
    assert "4" in {test.input for test in row.hidden}
    assert pair.test.input == "3"
    assert "1 of 1 verify rows; dropped: its test is hidden for another task (1)\n" in capsys.readouterr().out
    assert len(made(data, 2, "verify")) == 2  # nobody hides anything there


@pytest.mark.parametrize("style", get_args(PromptStyle))
def test_real_rows_become_rows_that_hold_what_those_of_the_generator_hold(style: PromptStyle, tmp_path: Path) -> None:
    source = stated.rows(style)
    data = dataset.write(tmp_path / "d", source, style)
    count = 10
    found = made(data, 3 * count, "solve", "repair", "verify", style=style, public=2)
    slips = {row["wrong_program"] for row in source if row["task"] == "fix"}
    asked = {json.dumps(row["prompt"]) for row in source if row["task"] == "solve"}
    same = 0
    for _, row in found:
        if isinstance(row, VerifyRow):
            assert row.passes == (row.code not in slips)
            continue
        assert isinstance(row, SolveRow)
        sides = (row.problem.public_tests, row.hidden)
        public, hidden = ({posed.form(test.input, row.problem.io) for test in side} for side in sides)
        assert len(public) == 2
        assert len(hidden) >= 2
        assert public.isdisjoint(hidden)
        assert len({compare.key(test.output or "", row.problem.io) for test in row.hidden}) > 1
        prompt = SolveEpisode(row, style, table()).start().prompts[0]
        same += json.dumps(prompt.text if style == "tagged" else list(map(dict, prompt.messages or ()))) in asked
    assert Counter(task for task, _ in found) == dict.fromkeys(("solve", "repair", "verify"), count)
    assert same > 4  # word for word what fine-tuning was taught; the others are from `fix` rows


def test_what_is_no_finished_data_set_is_said_in_one_line(tmp_path: Path) -> None:
    data = dataset.write(tmp_path / "d", [dataset.row(n) for n in range(3)])
    assert "no finished data set" in refused(tmp_path, 1, "predict")
    manifest = data / folder.MANIFEST
    whole = manifest.read_text()
    for other in ('{"name": "nano"}', "[]", '{"files": ["a"]}', '{"files": {"a": {}}}', whole[:-9], "[" * 100_000):
        manifest.write_text(other)
        assert "is not that of a data set of models.dataset" in refused(data, 1, "predict")
    manifest.write_text(whole)
    (data / "data/train-0.parquet").write_bytes(b"")
    assert "missing or damaged" in refused(data, 1, "predict")
    (data / "data/train-0.parquet").unlink()
    assert "missing or damaged" in refused(data, 1, "predict")


def test_a_data_set_of_an_older_schema_is_refused(tmp_path: Path) -> None:
    data = dataset.write(tmp_path / "d", [dataset.row(1)])
    path = data / "data/train-0.parquet"
    schema.write(path, schema.read(path).drop_columns(["tests"]))
    files = {"data/train-0.parquet": {"sha256": folder.sha256(path)}}
    (data / folder.MANIFEST).write_text(json.dumps({"files": files}))
    assert "has no column tests" in refused(data, 1, "predict")


def test_the_seed_chooses(tmp_path: Path) -> None:
    data = dataset.write(tmp_path / "d", [dataset.posed(n) for n in range(20)])
    one = config(data, 10, "solve", "verify")
    assert pool.make(one) == pool.make(one)
    assert pool.make(one) != pool.make(replace(one, seed=2))
