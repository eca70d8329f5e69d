"""Answers by CTranslate2: on a CPU some three times as fast as transformers, from the very weights under training.

They are converted anew for each optimizer step, by CTranslate2's own converter and in float32, so what is sampled from
is what is learned, but for rounding. It knows token ids; tokens go in by name, as CTranslate2 wants them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ctranslate2 import Generator, set_random_seed

from models.rl.config import RlConfig
from models.training.form import convert

BATCH = 32
"""Prompts decoded together: larger batches wait longer for their longest answer."""


class Embedded:
    """A generator that keeps up with the weights of a learner. Each process has its own."""

    def __init__(self, config: RlConfig) -> None:
        self._config = config
        self._step = -1
        self._generator: Generator | None = None

    def generate(self, learner: Any, prompts: list[list[int]]) -> list[list[int]]:
        """Ids of a sampled answer for each prompt, with the end token if it came to one.

        `learner` is the `Trainer`: its weights, tokenizer and step. Raises CheckpointError for an architecture that
        CTranslate2 does not know.
        """
        if not prompts:
            return []
        if self._step != learner.state.global_step:
            self._generator, self._step = self._load(learner), learner.state.global_step
        assert self._generator is not None
        results = self._generator.generate_batch(
            [learner.processing_class.convert_ids_to_tokens(ids) for ids in prompts],
            max_batch_size=BATCH, max_length=self._config.train.new_tokens, end_token=list(learner.eos_token_ids),
            return_end_token=True, include_prompt_in_result=False, sampling_topk=0,
            sampling_temperature=self._config.train.temperature,
        )  # fmt: skip
        return [list(result.sequences_ids[0]) for result in results]

    def _load(self, learner: Any) -> Generator:
        """The weights as they are now. The thread of a new generator takes the seed at its first draw."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "model"
            learner.accelerator.unwrap_model(learner.model).save_pretrained(folder)
            learner.processing_class.save_pretrained(folder)
            form = convert(folder, Path(name) / "form", learner.processing_class.eos_token)
            set_random_seed(_seed(self._config.seed, learner.state.global_step, learner.accelerator.process_index))
            return Generator(str(form), compute_type="float32", intra_threads=1)


def _seed(run: int, step: int, process: int) -> int:
    """Another one for each run, step and process; CTranslate2 takes 31 bits."""
    return (run * 1_000_003 + step * 1_009 + process) % (2**31 - 1)
