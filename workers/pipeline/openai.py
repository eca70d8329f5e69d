"""The one real completer: the OpenAI HTTP API of vLLM or of the embedded engine, non-streaming.

Bounded retries, timeouts, one error per boundary; cancelling a call closes its connection, which is how both servers
learn to stop generating. Knows the wire format (`openai_wire.py` reads it), not what the prompts are about.
"""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Literal, Self

import httpx

from workers.pipeline import openai_wire as wire
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.errors import (
    CompleterRejected,
    CompleterTimeout,
    CompleterUnavailable,
    ContextLengthError,
    InputError,
)
from workers.pipeline.types import Completion

CONNECT_SECONDS = 10.0
LONGEST_PAUSE = 30.0
"""Seconds between two attempts at most, whatever the server asks for."""


class OpenAICompleter:
    """A `Completer` over HTTP; an async context manager that owns its connections unless a client is given."""

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str | None = None,
        *,
        timeout: float = 300.0,
        retries: int = 4,
        endpoint: Literal["completions", "chat"] = "completions",
        concurrency: int = 256,
        backoff: float = 0.5,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        """Talk to `base_url` (with or without its `/v1`), asking for `model`.

        `timeout`: seconds one attempt may take in all. `retries`: further attempts after a refusal for load or a
        broken connection, the pauses doubling from `backoff` seconds. `endpoint`: where text prompts go; messages
        always go to chat. `concurrency`: attempts under way at most; the time of those that wait does not count yet.
        Raises `InputError` if `base_url` is no HTTP URL.
        """
        self._root = _root(base_url)
        self._model = model
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._timeout = timeout
        self._retries = retries
        self._endpoint: Literal["completions", "chat"] = endpoint
        self._backoff = backoff
        # httpx looks through all that wait at each event: with a thousand of them it costs as much as the model itself
        self._slots = asyncio.Semaphore(concurrency)
        self._owned = client is None
        self._client = client or httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),  # the deadline of an attempt is set in `_post`
            limits=httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, unless the client was given."""
        if self._owned:
            await self._client.aclose()

    async def complete(self, request: CompletionRequest) -> Completion:
        """As `Completer.complete`. `max_tokens` is cut to what the prompt leaves of the context.

        Raises `CompleterTimeout`, `CompleterUnavailable`, `CompleterRejected` or `ContextLengthError`.
        """
        path, body = wire.encode(request, self._model, self._endpoint)
        try:
            answer = await self._ask(path, body)
        except ContextLengthError:
            # vLLM refuses a prompt and a max_tokens that do not fit together and does not say how long the prompt is;
            # asked for no number, it gives what is left, and refuses only a prompt that is too long by itself
            answer = await self._ask(path, body | {"max_tokens": None})
        return wire.decode(answer, chat=path == wire.CHAT)

    async def _ask(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """One answer with status 200, after as many attempts as it takes and is allowed."""
        reason = ""
        for attempt in range(self._retries + 1):
            pause: float | None = None
            try:
                response = await self._post(path, body)
            except httpx.RequestError as error:
                reason = f"{type(error).__name__}: {error}".rstrip(": ")
            else:
                if response.status_code == httpx.codes.OK:
                    return response
                reason = f"HTTP {response.status_code}: {wire.error_message(response)}"
                if response.status_code != httpx.codes.TOO_MANY_REQUESTS and response.status_code < 500:
                    if wire.is_context_error(response):
                        raise ContextLengthError(f"too long for the model: {wire.error_message(response)}")
                    raise CompleterRejected(f"model server at {self._root}: {reason}")
                pause = _retry_after(response)
            if attempt < self._retries:
                await asyncio.sleep(self._pause(attempt) if pause is None else min(pause, LONGEST_PAUSE))
        raise CompleterUnavailable(f"model server at {self._root}: {reason} (after {self._retries + 1} attempts)")

    async def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        try:
            async with self._slots, asyncio.timeout(self._timeout):
                return await self._client.post(f"{self._root}{path}", json=body, headers=self._headers)
        except (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout, httpx.PoolTimeout) as error:
            raise CompleterTimeout(f"model server at {self._root}: no answer within {self._timeout:g} s") from error

    def _pause(self, attempt: int) -> float:
        """Seconds before the next attempt: exponential back-off with half of it random, so that callers spread out."""
        return float(min(LONGEST_PAUSE, self._backoff * 2**attempt) * random.uniform(0.5, 1.0))


def _root(base_url: str) -> str:
    try:
        url = httpx.URL(base_url.rstrip("/"))
    except httpx.InvalidURL as error:
        raise InputError(f"not a URL of a model server: {base_url!r} ({error})") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise InputError(f"not a URL of a model server: {base_url!r}")
    return str(url) if url.path.strip("/") else f"{url}".rstrip("/") + "/v1"


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds the server asks to wait (RFC 9110, 10.2.3): a number or a date; None if it asks for nothing readable."""
    value = response.headers.get("Retry-After", "")
    try:
        if value.strip().isdecimal():
            return float(value)
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (date.astimezone(UTC) - datetime.now(UTC)).total_seconds())
