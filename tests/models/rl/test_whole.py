"""Reinforcement learning as it is, on the bundled model: every task, real episodes, TRL, the sandbox; no script."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl", reason="the trainer's environment")

import torch
from safetensors.numpy import load_file

from models.rl import __main__ as command
from models.rl import config, pool
from tests.models.rl.miniature import NANO

ROOT = Path(__file__).parents[3]
GROUP, PROMPTS, SCALE = 4, 4, 0.8
TOML = f"""
name = "whole"
[pool]
rows = 4
hidden = 2
[train]
steps = 1
prompts = {PROMPTS}
group = {GROUP}
micro = 4
lr = 1e-4
warmup_steps = 0
new_tokens = 96
prompt_tokens = 384
[[task]]
kind = "predict"
scale = {SCALE}
[[task]]
kind = "solve"
[[task]]
kind = "repair"
feedback = "FEEDBACK"
[[task]]
kind = "verify"
"""
"""One row of each task, and all of them in the one step: nothing is left to the order in which rows are taken."""
TASKS = ["predict", "repair", "solve", "verify"]
Told = dict[str, Any]


def arguments(folder: Path, feedback: str, extra: str = "") -> list[str]:
    path = folder / "whole.toml"
    path.write_text(TOML.replace("FEEDBACK", feedback).replace("[train]\n", f"[train]\n{extra}\n"))
    return ["--config", str(path), "--checkpoint", str(NANO), "--out", str(folder / "out")]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The rows, drawn once for all runs, as each would draw them."""
    folder = tmp_path_factory.mktemp("drawn")
    arguments(folder, "true")
    pool.load(config.load(folder / "whole.toml"), folder / "pool.jsonl")
    return (folder / "pool.jsonl").read_text()


def with_rows(folder: Path, drawn: str) -> Path:
    """The folder of a run that has its rows."""
    (folder / "out").mkdir()
    (folder / "out/pool.jsonl").write_text(drawn)
    return folder / "out"


def logged(out: Path) -> tuple[list[Told], Told]:
    """The lines of the tasks, and that of the optimizer, of the one step."""
    *tasks, step = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return tasks, step


def holds(out: Path) -> None:
    """What is true of any such run, whatever the model writes."""
    tasks, step = logged(out)
    assert [line["task"] for line in tasks] == TASKS
    for line in tasks:
        scale = SCALE if line["task"] == "predict" else 1.0
        assert (line["episodes"], line["groups"], line["unknown"]) == (GROUP, 1, 0)
        assert line["reward"] == pytest.approx(scale * (2 * line["accuracy"] - 1), abs=1e-4)
        assert 0 <= line["accuracy"] <= 1
        assert (line["accuracy"] in (0, 1)) == (line["skipped"] == 1)
        assert 0 < line["length"] <= line["turns"] * 96
        assert 1 <= line["turns"] <= (2 if line["task"] == "repair" else 1)
        assert line["tokens"] >= line["length"] * GROUP
    assert math.isfinite(step["loss"])
    assert math.isfinite(step["grad_norm"])
    taught = [line for line in tasks if not line["skipped"]]
    before, after = load_file(NANO / "model.safetensors"), load_file(out / "model/model.safetensors")
    moved = any((before[name].astype("float32") != after[name]).any() for name in after)
    assert moved == bool(taught)
    facts = json.loads((out / "model/run.json").read_text())
    assert facts["tokens"] == round(sum(line["length"] * line["episodes"] for line in tasks))
    assert {"solve", "predict", "fix"} <= set(facts["tasks"])  # the parent's
    assert ("verify" in facts["tasks"]) == ("verify" in {line["task"] for line in taught})


@pytest.mark.parametrize(("feedback", "sampler"), [("true", "transformers"), ("predicted", "embedded")])
def test_every_task_is_played_and_learned_from(
    feedback: str, sampler: str, drawn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(1)
    out = with_rows(tmp_path, drawn)
    monkeypatch.setattr(sys, "argv", ["rl", *arguments(tmp_path, feedback, f'sampler = "{sampler}"')])
    command.main()
    holds(out)
    repair = next(line for line in logged(out)[0] if line["task"] == "repair")
    if feedback == "true":
        assert repair["agreement"] is None
    else:
        assert repair["agreement"] is None or 0 <= repair["agreement"] <= 1
        assert (repair["agreement"] is None) == (repair["unreadable"] == 1)


def test_two_processes_share_the_groups_and_end_with_the_same_weights(drawn: str, tmp_path: Path) -> None:
    out = with_rows(tmp_path, drawn)
    # with a reference model log-probabilities are computed outside of the loss too, in as many passes everywhere
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m", "tests.models.rl.ranked"]
    ran = subprocess.run(
        [sys.executable, *launch, *arguments(tmp_path, "predicted", "beta = 0.01")], cwd=ROOT, timeout=1800,
        env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    holds(out)
    one, two = (json.loads((out / f"rank-{rank}.json").read_text()) for rank in (0, 1))
    assert one["weights"] == two["weights"]
    for mine, others in zip(one["names"], two["names"], strict=True):
        for names in (mine, others):
            assert names == [name for name in dict.fromkeys(names) for _ in range(GROUP)]  # a group is never cut
        assert set(mine).isdisjoint(others)
        assert len({*mine, *others}) == PROMPTS
    assert one["sent"] == two["sent"] == [max(pair) for pair in zip(one["asked"], two["asked"], strict=True)]
    assert one["asked"] != two["asked"]  # one fills up: only the other has a program to predict
    assert one["passes"] == two["passes"] != []
    assert min(one["passes"]) == 2 * 2  # of `micro` turns, as if each of 8 episodes had a second one
