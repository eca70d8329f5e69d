"""The OpenAI completion formats as vLLM 0.31 speaks them: requests as JSON, answers as `Completion`, errors as text."""

from __future__ import annotations

import re
from typing import Any, Literal

import httpx

from workers.pipeline.completer import CompletionRequest
from workers.pipeline.errors import CompleterUnavailable
from workers.pipeline.types import Completion, FinishReason, Usage

COMPLETIONS, CHAT = "/completions", "/chat/completions"
_RAW = {
    # vLLM extensions: a tagged prompt is the whole token sequence, and its tags must be visible in the answer
    "skip_special_tokens": False,
    "spaces_between_special_tokens": False,
    "add_special_tokens": False,
    "return_token_ids": True,
}
_TOO_LONG = re.compile(r"context length|context_length|max_model_len|prompt is too long|input prompt \(", re.IGNORECASE)


def encode(
    request: CompletionRequest, model: str, endpoint: Literal["completions", "chat"]
) -> tuple[str, dict[str, Any]]:
    """Path below `/v1` and JSON body of a request. Messages go to chat; a text goes to `endpoint`, raw.

    For chat a text becomes one user message: right for a chat template that only concatenates contents.
    """
    prompt = request.prompt
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
    }
    if request.seed is not None:
        body["seed"] = request.seed
    if prompt.stop:
        body["stop"] = list(prompt.stop)
    if prompt.messages is not None:
        messages = [dict(message) for message in prompt.messages]
        return CHAT, {**body, "messages": messages, "logprobs": True}
    if endpoint == "chat":
        messages = [{"role": "user", "content": prompt.text or ""}]
        return CHAT, {**body, **_RAW, "messages": messages, "logprobs": True}
    return COMPLETIONS, {**body, **_RAW, "prompt": prompt.text or "", "logprobs": 1}


def decode(response: httpx.Response, *, chat: bool) -> Completion:
    """The completion in an answer. Raises `CompleterUnavailable` if it holds none."""
    try:
        data = response.json()
        choice = data["choices"][0]
        text = choice["message"]["content"] if chat else choice["text"]
        tokens, logprobs = _chat_logprobs(choice) if chat else _logprobs(choice)
        usage = data.get("usage") or {}
        return Completion(
            text=text or "",
            # anything but an ordinary end (an abort, a filter) may have cut the text short
            finish=FinishReason.STOP if choice.get("finish_reason") == "stop" else FinishReason.LENGTH,
            tokens=tokens,
            logprobs=logprobs,
            token_ids=tuple(choice.get("token_ids") or ()),
            usage=Usage(usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0),
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise CompleterUnavailable(f"model server at {response.url}: not an OpenAI completion: {error!r}") from error


def error_message(response: httpx.Response) -> str:
    """What an error answer says, in one line: OpenAI's or a problem document's text, else the start of the body."""
    return " ".join(str(_error(response).get("message") or response.text).split())[:500]


def is_context_error(response: httpx.Response) -> bool:
    """Whether a 4xx says that the prompt, or the prompt with `max_tokens`, is too long.

    By OpenAI's code, by the parameter vLLM's validation names, or by the text of older servers.
    """
    error = _error(response)
    named = error.get("code") == "context_length_exceeded" or error.get("param") in ("input_tokens", "input_text")
    return named or _TOO_LONG.search(error_message(response)) is not None


def _error(response: httpx.Response) -> dict[str, Any]:
    try:
        data = response.json()
    except ValueError:
        return {}
    error = data.get("error", data) if isinstance(data, dict) else {}
    if isinstance(error, str):
        return {"message": error}
    return {"message": error.get("detail"), **error} if isinstance(error, dict) else {}


def _logprobs(choice: dict[str, Any]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    found = choice.get("logprobs") or {}
    return _aligned(found.get("tokens") or (), found.get("token_logprobs") or ())


def _chat_logprobs(choice: dict[str, Any]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    content = (choice.get("logprobs") or {}).get("content") or []
    return _aligned([entry["token"] for entry in content], [entry["logprob"] for entry in content])


def _aligned(tokens: Any, logprobs: Any) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Both or neither: a gap in the log-probabilities makes them useless."""
    if len(tokens) != len(logprobs) or any(value is None for value in logprobs):
        return (), ()
    return tuple(str(token) for token in tokens), tuple(float(value) for value in logprobs)
