from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from models.dataset.decontaminate import Decontaminator
from models.rl import drawing, screen
from models.rl.config import PoolConfig, RlConfig, TaskConfig, TrainConfig
from models.rl.pool import Entry
from models.rl.rows import PredictRow, SolveRow
from tests.models.rl.miniature import NANO, checkpoint
from workers.pipeline import parse
from workers.pipeline.errors import InputError
from workers.pipeline.prompts import tagged
from workers.pipeline.types import Completion, FinishReason, Problem

CONFIG = RlConfig(
    "screen", (TaskConfig("predict"),), pool=PoolConfig(low=0.1, high=0.9), train=TrainConfig(new_tokens=200)
)
RIGHT = "def f(x):  # x = 3\nreturn x + 1  # 3 + 1 = 4\n" + tagged.OUTPUT + "4" + tagged.END


def row(told: str) -> PredictRow:
    return PredictRow("def f(x):\n    return x + 1", "function", "f", "3", "4", told=told)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoint(tmp_path_factory.mktemp("parent") / "tiny")


def test_an_answer_that_is_cut_is_never_right(tiny: Path) -> None:
    model, tokenizer = AutoModelForCausalLM.from_pretrained(tiny), AutoTokenizer.from_pretrained(tiny)
    short = replace(CONFIG, train=replace(CONFIG.train, new_tokens=5))
    told = screen.chances(short, [row(RIGHT), row("4" + tagged.END)], model, tokenizer)
    assert told[0] == 0
    assert told[1] > 0


def test_rows_between_the_bounds_are_kept_and_those_of_other_tasks_untouched(tmp_path: Path) -> None:
    other = SolveRow(Problem("Add one.", "function", "f", (), None), ())
    entries: list[Entry] = [("predict", row("a")), ("solve", other), ("predict", row("b")), ("predict", row("c"))]
    path = tmp_path / "chances.json"
    path.write_text(json.dumps([0.05, 0.5, 0.95]))
    kept = screen.screen(CONFIG, entries, path, None, None)
    assert kept == [entries[1], entries[2]]
    every = replace(CONFIG, pool=PoolConfig())
    assert screen.screen(every, entries, tmp_path / "none", None, None) == entries
    assert screen.screen(CONFIG, [entries[1]], _written(tmp_path / "few.json", []), None, None) == [entries[1]]
    with pytest.raises(InputError, match="other rows"):
        screen.screen(CONFIG, entries, _written(tmp_path / "few.json", [0.5]), None, None)
    path.write_text("[0.05, ")
    with pytest.raises(InputError, match=r"chances\.json is damaged"):
        screen.screen(CONFIG, entries, path, None, None)
    path.write_text(json.dumps([0.05, 0.0, 0.95]))
    with pytest.raises(InputError, match="no predict row"):
        screen.screen(CONFIG, entries, path, None, None)


def _written(path: Path, values: list[float]) -> Path:
    path.write_text(json.dumps(values))
    return path


def test_the_bundled_model_gives_true_narratives_more_than_false_ones(tmp_path: Path) -> None:
    model, tokenizer = AutoModelForCausalLM.from_pretrained(NANO), AutoTokenizer.from_pretrained(NANO)
    false = RIGHT.replace("4", "9")
    told = screen.chances(CONFIG, [row(RIGHT), row(false)], model, tokenizer)
    assert told[0] > 2 * told[1]


def test_the_narrative_of_a_drawn_row_ends_in_what_is_true() -> None:
    evaluation = Decontaminator.load()
    for seed in range(6):
        drawn = drawing.predict(PoolConfig(), evaluation, Random(seed))
        read = parse.prediction(Completion(drawn.told.removesuffix(tagged.END), FinishReason.STOP), "tagged")
        assert (read.output or "").strip("\n") == (drawn.output or "").strip("\n")
        assert (read.raises, read.finishes) == (drawn.raises, drawn.finishes)
