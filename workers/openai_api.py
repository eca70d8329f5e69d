"""The subset of the OpenAI HTTP API that the engine speaks, as pydantic models: field names and meaning as in vLLM.

A field outside the subset is refused, never ignored: it would change what is generated. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

StopStrings = str | Annotated[list[Annotated[str, Field(min_length=1)]], Field(max_length=16)] | None
Seed = Annotated[int, Field(ge=-(2**63), lt=2**63)]


class Request(BaseModel):
    """What both kinds of request share."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    model: str
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=100)] | None = 1.0
    top_p: Annotated[float, Field(gt=0, le=1)] | None = 1.0
    seed: Seed | None = None
    stop: StopStrings = None
    n: Literal[1] = 1
    stream: Literal[False] = False
    skip_special_tokens: bool = True
    spaces_between_special_tokens: bool = True
    """Changes nothing: the decoders of `tokenizer.json` put no spaces there."""
    return_token_ids: bool = False
    user: str | None = None
    """Ignored, as by vLLM."""

    @property
    def stops(self) -> tuple[str, ...]:
        """The stop strings, however they were given."""
        return (self.stop,) if isinstance(self.stop, str) and self.stop else tuple(self.stop or ())


class CompletionBody(Request):
    """POST /v1/completions"""

    prompt: str | list[int]
    max_tokens: Annotated[int, Field(ge=1)] | None = 16
    """16 is OpenAI's default; an explicit null asks for as many as fit."""
    logprobs: Annotated[int, Field(ge=0, le=1)] | None = None
    """0 or 1: log-probabilities of the generated tokens. No alternatives are given."""
    echo: Literal[False] = False
    add_special_tokens: bool = True


class Message(BaseModel):
    """One chat message; its content is plain text."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    role: Literal["system", "developer", "user", "assistant"]
    content: str
    name: str | None = None


class ChatBody(Request):
    """POST /v1/chat/completions"""

    messages: Annotated[list[Message], Field(min_length=1)]
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    logprobs: bool | None = False
    top_logprobs: Literal[0] | None = 0
    add_special_tokens: bool = False
    """The template writes them itself."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One finished completion, ready to be written in either form."""

    id: str
    created: int
    model: str
    prompt: tuple[int, ...]
    text: str
    stopped: bool
    """At an end token or a stop string; otherwise for length."""
    tokens: tuple[int, ...]
    token_texts: tuple[str, ...]
    logprobs: tuple[float, ...]


def completion(answer: Answer, logprobs: bool, token_ids: bool) -> dict[str, Any]:
    """The body of a 200 from /v1/completions."""
    choice: dict[str, Any] = {"text": answer.text, "logprobs": None}
    if logprobs:
        choice["logprobs"] = {
            "tokens": answer.token_texts,
            "token_logprobs": answer.logprobs,
            "text_offset": _offsets(answer.token_texts),
            "top_logprobs": None,
        }
    return _body("text_completion", answer, choice, token_ids)


def chat_completion(answer: Answer, logprobs: bool, token_ids: bool) -> dict[str, Any]:
    """The body of a 200 from /v1/chat/completions."""
    choice: dict[str, Any] = {"message": {"role": "assistant", "content": answer.text}, "logprobs": None}
    if logprobs:
        pairs = zip(answer.token_texts, answer.logprobs, strict=True)
        choice["logprobs"] = {
            "content": [
                {"token": text, "logprob": logprob, "bytes": list(text.encode()), "top_logprobs": []}
                for text, logprob in pairs
            ]
        }
    return _body("chat.completion", answer, choice, token_ids)


def _offsets(texts: Sequence[str]) -> list[int]:
    """Where each token starts in the text of all tokens."""
    offsets, at = [], 0
    for text in texts:
        offsets.append(at)
        at += len(text)
    return offsets


def _body(kind: str, answer: Answer, choice: dict[str, Any], token_ids: bool) -> dict[str, Any]:
    if token_ids:
        choice |= {"token_ids": answer.tokens, "prompt_token_ids": answer.prompt}
    return {
        "id": answer.id,
        "object": kind,
        "created": answer.created,
        "model": answer.model,
        "choices": [{"index": 0, "finish_reason": "stop" if answer.stopped else "length", **choice}],
        "usage": {
            "prompt_tokens": len(answer.prompt),
            "completion_tokens": len(answer.tokens),
            "total_tokens": len(answer.prompt) + len(answer.tokens),
        },
    }
