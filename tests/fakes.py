"""A scripted completer: the other side of the one seam to a model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from workers.pipeline.completer import CompletionRequest
from workers.pipeline.types import Completion, FinishReason, Prompt, Usage

Answer = str | Completion | Exception
Script = Callable[[CompletionRequest], Answer] | Mapping[str, Answer]


def completion(text: str, logprob: float = -0.1, finish: FinishReason = FinishReason.STOP) -> Completion:
    """A completion whose tokens are its characters, each with the same log-probability."""
    usage = Usage(prompt_tokens=10, completion_tokens=len(text))
    return Completion(text, finish, tuple(text), (logprob,) * len(text), tuple(map(ord, text)), usage)


def prompt_text(prompt: Prompt) -> str:
    """All of a prompt as one text, whatever its style."""
    return prompt.text if prompt.text is not None else "\n".join(m["content"] for m in prompt.messages or ())


class ScriptedCompleter:
    """Answers each prompt by a script, records every request, and counts what was in flight and what was cancelled.

    The script is a function of the request, or a table: the first key found in the prompt's text gives the answer.
    An exception in the script is raised; `delay` is in seconds.
    """

    def __init__(self, script: Script, delay: float = 0.0) -> None:
        self._script = script
        self._delay = delay
        self.requests: list[CompletionRequest] = []
        self.in_flight = 0
        self.peak = 0
        self.cancelled = 0

    async def complete(self, request: CompletionRequest) -> Completion:
        self.requests.append(request)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            await asyncio.sleep(self._delay)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.in_flight -= 1
        answer = self._answer(request)
        if isinstance(answer, Exception):
            raise answer
        return completion(answer) if isinstance(answer, str) else answer

    def _answer(self, request: CompletionRequest) -> Answer:
        if not isinstance(self._script, Mapping):
            return self._script(request)
        text = prompt_text(request.prompt)
        for key, answer in self._script.items():
            if key in text:
                return answer
        raise AssertionError(f"the script has no answer for this prompt:\n{text}")
