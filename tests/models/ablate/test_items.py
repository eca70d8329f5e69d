"""What is measured on is fresh, held out and true, and the same whenever it is drawn."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from models.ablate import items, telling
from models.ablate.sizes import Sizes
from models.config import NARRATIVES, DatasetConfig
from models.dataset import freeze
from models.dataset.keys import program_key
from models.eval.predicting import frozen_items
from models.narrative.compact import narrate
from models.pretrain.prepare import build
from models.programs import chain
from models.trace.tracer import trace
from workers.pipeline.prompts import tagged

STYLES = {style: workings for workings, style in NARRATIVES.items()}
SIZES = Sizes(pairs=6, unseen=4, random=3, raises=3, hard=4, operations=4, easy=3, expressions=20)


@cache
def programs() -> items.Rows:
    return items.programs(SIZES)


def test_groups_have_their_sizes_and_the_truth_is_what_happens() -> None:
    groups = [row["origin"] for row in programs()]
    assert Counter(groups) == {
        "correct": 6, "incorrect": 6, "unseen correct": 4, "unseen incorrect": 4, "random": 3, "raises": 3,
    }  # fmt: skip
    for row in programs():
        seen = trace(row["code"], row["io"], row["entry_point"], row["input"])
        assert (row["output"], row["raises"], row["finishes"]) == (seen.output, seen.raised, not seen.endless)
        assert (row["raises"] is not None) == (row["origin"] == "raises")


def test_an_incorrect_program_has_the_input_of_its_correct_one_and_another_output() -> None:
    pairs = {row["id"]: row for row in programs()}
    names = [name for name, row in pairs.items() if row["origin"].endswith("incorrect")]
    assert len(names) == 10
    for name in names:
        right, wrong = pairs[name.replace("incorrect", "correct")], pairs[name]
        assert all(right[name] == wrong[name] for name in ("input", "io", "entry_point"))
        assert right["output"] != wrong["output"]
        assert right["code"] != wrong["code"]


def test_every_program_has_its_true_narrative_in_each_style() -> None:
    for row in programs():
        assert set(row["told"]) == {"compact", "spelled", "stepped"}
        for style, told in row["told"].items():
            run = trace(row["code"], row["io"], row["entry_point"], row["input"], workings=STYLES[style])
            assert told.startswith(narrate(row["code"], run)) and told.endswith(tagged.END)
    assert any(row["told"]["compact"] != row["told"]["spelled"] for row in programs())


def test_no_program_is_there_twice_or_frozen() -> None:
    keys = [program_key(row["code"]) for row in programs()]
    assert len(set(keys)) == len(keys)
    assert not freeze.keys() & set(keys)
    assert len({item.id for item in frozen_items(programs())}) == len(keys)


def test_problems_are_held_out_of_each_size_and_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[chain.Step, ...]] = []
    real = items.drawing.problems.state

    def spy(steps: tuple[chain.Step, ...], rng: Any) -> Any:
        seen.append(steps)
        return real(steps, rng)

    monkeypatch.setattr(items.drawing.problems, "state", spy)
    rows = items.stated(SIZES)
    names = [row["id"] for row in rows]
    assert [name.rpartition("-")[0] for name in names] == (
        ["hard-function"] * 2 + ["hard-stdio"] * 2 + ["easy-function"] + ["easy-stdio"] * 2
    )
    assert len(set(names)) == len({row["problem"]["statement"] for row in rows}) == 7
    assert all(chain.held_out(steps) for steps in seen)
    assert {len(steps) for steps in seen} <= {2, 3, 4}


def test_files_are_the_same_whenever_they_are_made(tmp_path: Path) -> None:
    for name in ("a", "b"):
        items.make(items.stated, (SIZES,), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    rows = items.problem_rows(tmp_path / "a", "hard")
    assert [row.problem.id for row in rows] == ["hard-function-1", "hard-function-0", "hard-stdio-1", "hard-stdio-0"]
    assert all(len(row.problem.public_tests) == 3 and len(row.hidden) == 8 for row in rows)
    assert len(items.problem_rows(tmp_path / "a")) == 7


def test_expressions_hold_no_prompt_of_the_training_data(tmp_path: Path) -> None:
    config = DatasetConfig(seed=2, records=60, shard_records=30, predict=1.0, solve=0.0, drills=1.0, max_tokens=400)
    build(config, tmp_path, 1)
    trained = telling.prompts(tmp_path)
    assert len(trained) > 50
    assert all(prompt.startswith(tagged.PREDICT) and prompt.endswith(tagged.TRACE) for prompt in trained)
    rows = telling.expressions(SIZES, config, [tmp_path])
    shown = {tagged.predict(row["code"], row["input"], row["io"]).text for row in rows}
    assert len(shown) == 20
    assert not shown & trained
