"""Sampled answers decoded together, in this process: on a CPU some three times as fast as the engine's one by one.

A completer around the engine's: greedy requests go on to it. Of a prompt as many answers are drawn as there are seeds;
prompts that are asked at the same time are drawn in one go, whose random stream they and the first seed decide. So the
same measurement finds the same answers, though they are not the engine's, which has a stream for each seed.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path

from ctranslate2 import GenerationResult, GenerationStepResult, Generator, set_random_seed
from tokenizers import Tokenizer

from workers.pipeline.completer import Completer, CompletionRequest
from workers.pipeline.errors import ContextLengthError
from workers.pipeline.model import Model
from workers.pipeline.prompts.tagged import END
from workers.pipeline.types import Completion, FinishReason, Usage

BATCH = 32
"""Answers decoded side by side: larger batches wait longer for their longest one."""
Numbers = tuple[int, float, float]
"""Tokens at most, temperature, top-p."""
Draw = asyncio.Task[list[list[Completion]]]
"""Gives for each of its prompts an answer for each seed."""


class Together:
    """Completes for one checkpoint of the tagged style; requests have seeds from `first` on, `count` of them."""

    def __init__(self, model: Model, form: Path, checkpoint: Path, first: int, count: int) -> None:
        """`form` is that of the checkpoint for CTranslate2."""
        self._completer: Completer = model.completer
        self._context = model.context_length or 0
        self._first, self._count = first, count
        self._tokenizer = Tokenizer.from_file(str(checkpoint / "tokenizer.json"))
        self._form = form
        self._known: dict[tuple[str, Numbers], tuple[Draw, int]] = {}
        """Which draw a prompt belongs to, and its place in it."""
        self._next: dict[Numbers, tuple[Draw, list[str]]] = {}
        """Draws that have not begun, and their prompts."""
        self._one_at_a_time = threading.Lock()

    async def complete(self, request: CompletionRequest) -> Completion:
        """See `Completer`. Raises ContextLengthError for a prompt that leaves no room."""
        text, seed = request.prompt.text, request.seed
        if not request.temperature or text is None or seed is None or not 0 <= seed - self._first < self._count:
            return await self._completer.complete(request)
        numbers = request.max_tokens, request.temperature, request.top_p
        if (text, numbers) not in self._known:
            if (length := len(self._ids(text))) >= self._context:
                raise ContextLengthError(f"a prompt of {length} tokens leaves no room in {self._context}")
            if numbers not in self._next:
                self._next[numbers] = asyncio.create_task(self._begin(numbers)), []
            draw, texts = self._next[numbers]
            self._known[text, numbers] = draw, len(texts)
            texts.append(text)
        draw, place = self._known[text, numbers]
        return (await asyncio.shield(draw))[place][seed - self._first]

    async def _begin(self, numbers: Numbers) -> list[list[Completion]]:
        """Answers for all prompts that were asked by now: a task begins when all that ask at this time have asked."""
        _, texts = self._next.pop(numbers)
        return await asyncio.to_thread(self._draw, texts, numbers)

    def _draw(self, texts: Sequence[str], numbers: Numbers) -> list[list[Completion]]:
        most, temperature, top_p = numbers
        prompts = [self._ids(text) for text in texts for _ in range(self._count)]
        told: list[list[float]] = [[] for _ in prompts]

        def step(result: GenerationStepResult) -> bool:
            own = told[result.batch_id]
            own.append(result.log_prob or 0.0)
            return len(prompts[result.batch_id]) + len(own) >= self._context

        with self._one_at_a_time:
            results = self._seeded(texts).generate_batch(
                [[self._tokenizer.id_to_token(number) for number in ids] for ids in prompts], max_batch_size=BATCH,
                max_length=most, end_token=END, return_end_token=True, include_prompt_in_result=False,
                sampling_topk=0, sampling_topp=top_p, sampling_temperature=temperature, return_scores=True,
                callback=step,
            )  # fmt: skip
        made = [self._read(*answer) for answer in zip(prompts, results, told, strict=True)]
        return [made[at : at + self._count] for at in range(0, len(made), self._count)]

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _seeded(self, texts: Sequence[str]) -> Generator:
        """A generator whose thread takes its seed at its first draw."""
        digest = hashlib.sha256("\0".join([str(self._first), *texts]).encode()).digest()
        set_random_seed(int.from_bytes(digest[:4], "little") >> 1)
        return Generator(str(self._form), compute_type="float32", intra_threads=1)

    def _read(self, prompt: Sequence[int], result: GenerationResult, told: Sequence[float]) -> Completion:
        ids = list(result.sequences_ids[0])
        ended = bool(ids) and ids[-1] == self._tokenizer.token_to_id(END)
        text = self._tokenizer.decode(ids[:-1] if ended else ids, skip_special_tokens=False)
        finish = FinishReason.STOP if ended else FinishReason.LENGTH
        return Completion(text, finish, (), tuple(told[: len(ids)]), tuple(ids), Usage(len(prompt), len(ids)))
