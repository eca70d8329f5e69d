"""A tiny random Llama with the bundled tokenizer, hand-made rows and scripted episodes: TRL in miniature."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from models.rl.config import PoolConfig, RlConfig, TaskConfig, TrainConfig
from models.rl.episode import Ask, Episode, Outcome, TaskName
from models.rl.learner import Learner, arguments
from models.rl.record import Fact
from models.rl.rows import PredictRow
from workers.pipeline.prompts import tagged
from workers.pipeline.types import Completion

NANO = Path(__file__).parents[3] / "models/checkpoints/nano"
TRAIN = TrainConfig(
    steps=2, prompts=2, group=4, micro=8, lr=1e-3, warmup_steps=0, new_tokens=6, prompt_tokens=64, save_steps=1,
    mask_truncated=False,
)  # fmt: skip
CONFIG = RlConfig("tiny", (TaskConfig("predict"), TaskConfig("repair", turns=2)), pool=PoolConfig(rows=4), train=TRAIN)
ROWS = [
    PredictRow(
        f"def f(x):\n    return x + {n}", "function", "f", "1", str(1 + n), told=f"{tagged.OUTPUT}{1 + n}{tagged.END}"
    )
    for n in range(4)
]


def checkpoint(folder: Path) -> Path:
    """A folder that transformers reads; the same weights each time. One thread: the cores are shared."""
    torch.set_num_threads(1)
    folder.mkdir(parents=True)
    tokenizer = AutoTokenizer.from_pretrained(NANO)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=256, tie_word_embeddings=True, bos_token_id=None,
        eos_token_id=tokenizer.convert_tokens_to_ids(tagged.END), pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(NANO / name, folder / name)
    return folder


class Scripted:
    """An episode of some turns whose outcome is given; whatever the model writes is ignored."""

    def __init__(self, right: bool, turns: int = 1, task: TaskName = "predict") -> None:
        self.task = task
        self._right, self._turns, self._done = right, turns, 0

    def start(self) -> Ask:
        return self._ask()

    def step(self, answers: Sequence[Completion]) -> Ask | None:
        self._done += 1
        return self._ask() if self._done < self._turns else None

    def score(self) -> Outcome:
        return Outcome(self.task, self._right, True, False, self._done)

    def _ask(self) -> Ask:
        return Ask((tagged.predict(f"x = {self._done}", "1" * (self._done + 1)),))


def deal(name: str, step: int, place: int) -> Episode:
    """Row 0: all of a group are right. Row 1: every other one, in two turns where the place is a multiple of 4."""
    return Scripted(True) if name == "0" else Scripted(place % 2 == 0, 2 if place % 4 == 0 else 1, "repair")


def learner(folder: Path, out: Path, names: Sequence[str], config: RlConfig = CONFIG) -> tuple[Learner, list[Fact]]:
    """A trainer over scripted episodes, and the list that its facts go to."""
    facts: list[Fact] = []
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    made = Learner(
        config, deal, lambda _, found: facts.extend(found), lambda: False, 1, model=model,
        args=arguments(config, str(out), 1),
        processing_class=AutoTokenizer.from_pretrained(folder), train_dataset=Dataset.from_dict({"prompt": names}),
    )  # fmt: skip
    return made, facts
