"""How a group of prompts becomes tokens: the only file that calls CTranslate2's generator.

Greedy prompts decode together in one batch. A sampled prompt decodes alone on a random stream of its own, made from its
seed; so its tokens depend on prompt, sampling numbers and seed, never on what else is being served. What it costs: a
batch of 8 is some 2.2 times as fast as 8 single prompts (`bench/decoding.py`). Greedy rows in batches of
different sizes go through different matrix kernels: logits differ by float32 rounding, tokens only where the two best
ones are that close. Both hold for one machine and one version of CTranslate2.

It knows token ids, and nothing of text, HTTP or queues.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ctranslate2 import GenerationStepResult, Generator, set_random_seed

_SEEDING = threading.Lock()
"""CTranslate2 has one seed for the process; each of its threads reads it once, at its first draw."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """The numbers that decide how one prompt is continued."""

    prompt: tuple[int, ...]
    """Token ids, at least one."""
    max_tokens: int
    temperature: float = 0.0
    """0 means greedy."""
    top_p: float = 1.0
    """Applied after the temperature, as vLLM does."""
    seed: int = 0

    @property
    def greedy(self) -> bool:
        """Whether nothing is drawn at random."""
        return self.temperature == 0.0


@dataclass(slots=True, eq=False)
class Row:
    """One prompt in a batch, and what has been generated for it."""

    decoding: Decoding
    stops: Callable[[int], bool]
    """Told each new token in turn; True ends the row. Ends it too when nobody waits for it any more."""
    tokens: list[int] = field(default_factory=list)
    """With the end token, if it came to one."""
    logprobs: list[float] = field(default_factory=list)
    """Natural logs under the model's own distribution, before temperature and top_p."""

    def add(self, token: int, logprob: float) -> bool:
        """Take the next token; True if the row needs no more."""
        self.tokens.append(token)
        self.logprobs.append(logprob)
        return len(self.tokens) >= self.decoding.max_tokens or self.stops(token)


class Decoder:
    """A model in CTranslate2 form, ready to decode from several threads at once, each on one core."""

    def __init__(self, form: Path, end_ids: Sequence[int], threads: int, compute_type: str = "float32") -> None:
        self._form, self._end_ids, self._compute_type = str(form), list(end_ids), compute_type
        self._generator = Generator(self._form, compute_type=compute_type, inter_threads=threads, intra_threads=1)

    def decode(self, rows: Sequence[Row], on_end: Callable[[Row], None]) -> None:
        """Continue the rows, all of them greedy or else just one, and call `on_end` for each as soon as it ends."""
        assert len(rows) == 1 or all(row.decoding.greedy for row in rows)
        # Beside a prompt of one token CTranslate2 4.8.5 reports the prompts of the other rows as generated.
        single = [row for row in rows if len(row.decoding.prompt) == 1]
        longer = [row for row in rows if len(row.decoding.prompt) > 1]
        for batch in (single, longer):
            if batch:
                self._decode(batch, on_end)

    def close(self) -> None:
        """Free the model. Necessary: a generator that outlives the interpreter aborts the process."""
        del self._generator

    def _decode(self, rows: Sequence[Row], on_end: Callable[[Row], None]) -> None:
        head = rows[0].decoding

        def step(result: GenerationStepResult) -> bool:
            row = rows[result.batch_id]
            ended = row.add(result.token_id, result.log_prob) or bool(result.is_last)
            if ended:
                on_end(row)
            return ended

        (self._generator if head.greedy else self._seeded(head.seed)).generate_batch(
            [[str(token) for token in row.decoding.prompt] for row in rows],
            max_length=max(row.decoding.max_tokens for row in rows),
            end_token=self._end_ids,
            include_prompt_in_result=False,
            return_scores=True,  # else the step results come without log_prob
            sampling_topk=1 if head.greedy else 0,
            sampling_topp=head.top_p,
            sampling_temperature=head.temperature,
            callback=step,
        )

    def _seeded(self, seed: int) -> Generator:
        """A generator whose thread has just been seeded; loading takes some 20 to 50 ms for a small model."""
        digest = hashlib.sha256(str(seed).encode()).digest()
        with _SEEDING:
            set_random_seed(int.from_bytes(digest[:4], "little") >> 1)  # 2**32 - 1 would mean: no seed
            generator = Generator(self._form, compute_type=self._compute_type, intra_threads=1)
            # Its first draw fixes the stream, so that the lock need not be held any longer.
            generator.generate_batch([["0"]], max_length=1, sampling_topk=0)
        return generator
