"""Runs to be explained: a function of the configuration, from any source, with evaluation sets kept out."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from models import config
from models.config import ExplainConfig, SourceConfig
from models.dataset import explain, freeze, part, sources
from models.dataset.decontaminate import SYNTAX_TREE
from models.narrative.rewrite import prompt
from models.trace.tracer import trace
from workers.pipeline.errors import InputError

ROOT = Path(__file__).parents[3]
CONFIG = ExplainConfig(
    "t",
    (
        SourceConfig("probe"), SourceConfig("drill"), SourceConfig("random"), SourceConfig("broad", wrong=0.4),
        SourceConfig("composed", wrong=0.5),
    ),
)  # fmt: skip
DOUBLE = "def f(xs, k):\n    out = []\n    for x in xs:\n        out.append(x * k)\n    return out[:7] + [len(xs)]"


@pytest.fixture(scope="module")
def drawn() -> explain.Drawn:
    return explain.draw(CONFIG, 60)


def corpus(folder: Path, *rows: dict[str, object]) -> SourceConfig:
    path = folder / "c.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return SourceConfig("corpus", path=str(path))


def test_every_source_gives_runs_right_and_wrong_and_each_is_what_happens(drawn: explain.Drawn) -> None:
    assert {task.source.origin for task in drawn.tasks} >= {"probe", "drill", "random", "broad", "composed"}
    assert {True, False} <= {task.source.correct for task in drawn.tasks}
    for task in drawn.tasks:
        assert task.source.inputs == (task.given,)
        assert task.source.group
        run = trace(task.source.code, task.source.io, task.source.entry_point, task.given)
        assert (run.output, run.raised, run.endless) == (task.run.output, task.run.raised, task.run.endless)


def test_the_same_configuration_gives_the_same_runs_and_more_of_them_begin_alike(drawn: explain.Drawn) -> None:
    assert explain.draw(CONFIG, 20).tasks == drawn.tasks[:20]
    assert len({task.id for task in drawn.tasks}) == 60
    other = explain.draw(dataclasses.replace(CONFIG, seed=2), 20).tasks
    assert not {task.id for task in other} & {task.id for task in drawn.tasks}


def test_a_long_request_is_dropped_before_it_is_sent() -> None:
    short = explain.draw(dataclasses.replace(CONFIG, max_chars=2000), 20)
    lengths = [sum(len(message["content"]) for message in prompt(task).messages or ()) for task in short.tasks]
    assert max(lengths) <= 2000
    assert sum(count for (_, reason), count in short.dropped.items() if reason == "too long") > 0


def test_programs_of_a_corpus_run_in_the_sandbox_and_those_of_evaluation_sets_do_not_run(tmp_path: Path) -> None:
    held = freeze.load("predict")[0]["code"]
    rows = ({"id": "g", "code": DOUBLE, "inputs": ["[1, 2], 3", "[], 0"]}, {"code": held}, {"code": "def f(:"},
            {"code": "def f(x):\n    return list({str(i) + 'n' for i in range(9)})"})  # fmt: skip
    config = ExplainConfig("t", (corpus(tmp_path, *rows),), same_program=2)
    found = explain.draw(config, 9)
    assert {(task.given, task.run.output) for task in found.tasks} == {("[1, 2], 3", "[3, 6, 2]"), ("[], 0", "[0]")}
    assert {task.source.group for task in found.tasks} == {"g"}
    assert found.dropped == {
        ("corpus", f"{SYNTAX_TREE}: frozen"): 1, ("corpus", "does not parse"): 1, ("corpus", "not deterministic"): 1,
        ("corpus", part.EXHAUSTED): 7,
    }  # fmt: skip


def test_the_hash_tells_configurations_and_what_corpora_hold_apart(tmp_path: Path) -> None:
    assert explain.check(CONFIG) == explain.check(CONFIG) != explain.check(dataclasses.replace(CONFIG, seed=3))
    one = explain.check(ExplainConfig("t", (corpus(tmp_path, {"code": DOUBLE}),)))
    sources._corpus.cache_clear()  # a process reads a corpus once
    assert explain.check(ExplainConfig("t", (corpus(tmp_path, {"code": DOUBLE + "\n"}, {"code": ""}),))) != one


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (SourceConfig("composed", solve=0.5), "the task predict"),
        (SourceConfig("composed", verify=0.5), "the task predict"),
        (SourceConfig("explained", path="runs/x"), "only runs of programs"),
        (SourceConfig("broadest"), "no source 'broadest'"),
        (SourceConfig("drill", wrong=0.5), "no wrong programs"),
        (SourceConfig("corpus"), "need a path"),
        (SourceConfig("corpus", path="no-such.jsonl"), "No such file"),
    ],
)
def test_a_source_that_cannot_be_explained_is_refused(source: SourceConfig, message: str) -> None:
    with pytest.raises(InputError, match=message):
        explain.check(ExplainConfig("t", (source,)))


def test_no_runs_are_refused() -> None:
    with pytest.raises(InputError, match="at least 1"):
        explain.draw(CONFIG, 0)


def test_every_configuration_in_the_repository_can_be_drawn_from() -> None:
    paths = sorted((ROOT / "models/configs").glob("explain*.toml"))
    assert paths
    for path in paths:
        assert explain.check(config.load_explain(path))
