from __future__ import annotations

import subprocess
import sys

import pytest

from models.rl.episode import same_outcome
from workers.pipeline.types import Io, Prediction

TORCH_FREE = (
    "config", "drawing", "episode", "pool", "predict", "record", "repair", "rewards", "rollout", "rows",
    "solve", "verify",
)  # fmt: skip


def test_episodes_rewards_and_pool_need_no_torch() -> None:
    program = f"import sys\nfor name in {TORCH_FREE}:\n    __import__('models.rl.' + name)\n" + (
        "print(sorted({'torch', 'transformers', 'trl', 'datasets', 'pyarrow'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize(
    ("told", "true", "io", "same"),
    [
        (Prediction("[1, 2]", finishes=True), Prediction("[1,2]", finishes=True), "function", True),
        (Prediction("(1, 2)", finishes=True), Prediction("[1, 2]", finishes=True), "function", False),
        (Prediction("a", finishes=True), Prediction("a\n", finishes=True), "stdio", True),
        (Prediction(raises="KeyError", finishes=True), Prediction(raises="KeyError", finishes=True), "function", True),
        (Prediction("KeyError", finishes=True), Prediction(raises="KeyError", finishes=True), "function", False),
        (Prediction(finishes=False), Prediction(finishes=False), "function", True),
        (Prediction(), Prediction(finishes=False), "function", False),
        (Prediction(), Prediction("1", finishes=True), "function", False),
    ],
)
def test_outcomes_are_the_same_in_kind_and_value(told: Prediction, true: Prediction, io: Io, same: bool) -> None:
    assert same_outcome(told, true, io) is same
