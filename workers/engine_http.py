"""The engine's HTTP application: bodies become decodings, clients that go away cancel theirs.

It knows the API and the served checkpoint. How requests are grouped is in `batcher`, how tokens come about in
`decoding`.

A prompt that leaves no room for `max_tokens` is refused, as by vLLM; `max_tokens: null` asks for all that fit.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from workers import openai_api as api
from workers.batcher import Batcher, Closed, Generated
from workers.decoding import Decoder, Decoding
from workers.openai_errors import UnknownModel, map_errors
from workers.served import Served

CLIENT_CLOSED_REQUEST = 499
"""Nobody reads it; nginx's number for the access log."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A served checkpoint, its decoder and the batcher between requests and decoder."""

    served: Served
    batcher: Batcher
    decoder: Decoder

    def close(self) -> None:
        """Cancel all requests and free the model."""
        self.batcher.close()
        self.decoder.close()

    async def answer(self, request: Request, body: api.Request, prompt: tuple[int, ...]) -> api.Answer | None:
        """Generate for one request; None if its client went away first.

        Raises InputError, UnknownModel, Busy or Closed.
        """
        if body.model != self.served.manifest.name:
            raise UnknownModel(body.model)
        asked = body.max_tokens
        if isinstance(body, api.ChatBody):
            asked = body.max_completion_tokens or body.max_tokens
        decoding = Decoding(
            prompt=prompt,
            max_tokens=self.served.room(prompt, asked),
            temperature=1.0 if body.temperature is None else body.temperature,
            top_p=1.0 if body.top_p is None else body.top_p,
            seed=random.getrandbits(63) if body.seed is None else body.seed,
        )
        future = self.batcher.submit(decoding, self.served.stop_check(body.stops, body.skip_special_tokens))
        generated = await _unless_gone(request, future)
        return None if generated is None else self._answer(body, prompt, generated)

    def _answer(self, body: api.Request, prompt: tuple[int, ...], generated: Generated) -> api.Answer:
        text, stopped = self.served.text(generated.tokens, body.stops, body.skip_special_tokens)
        decode = self.served.tokenizer.decode
        return api.Answer(
            id=f"cmpl-{uuid.uuid4().hex}",
            created=int(time.time()),
            model=body.model,
            prompt=prompt,
            text=text,
            stopped=stopped,
            tokens=generated.tokens,
            token_texts=tuple(decode([token], skip_special_tokens=False) for token in generated.tokens),
            logprobs=generated.logprobs,
        )


async def _unless_gone(request: Request, future: Future[Generated]) -> Generated | None:
    """Wait for the future, or for the client to close the connection: then the future is cancelled. Raises Closed."""
    gone = asyncio.create_task(_gone(request))
    waiting = asyncio.wrap_future(future)
    try:
        await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
        if waiting.cancelled():
            raise Closed
        return waiting.result() if waiting.done() else None
    finally:
        gone.cancel()
        waiting.cancel()  # and with it `future`, if it is not done


async def _gone(request: Request) -> None:
    """Return when the client has closed the connection; the body has been read by now, so nothing else can come."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def make_app(engine: Engine) -> FastAPI:
    """The HTTP application; it closes the batcher when it shuts down."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        engine.close()

    app = FastAPI(title="Deskcheck embedded engine", lifespan=lifespan, docs_url=None, redoc_url=None)
    name, context = engine.served.manifest.name, engine.served.manifest.context_length

    @app.post("/v1/completions")
    async def completions(request: Request, body: api.CompletionBody) -> Response:
        prompt = body.prompt
        ids = engine.served.encode(prompt, body.add_special_tokens) if isinstance(prompt, str) else tuple(prompt)
        answer = await engine.answer(request, body, ids)
        if answer is None:
            return Response(status_code=CLIENT_CLOSED_REQUEST)
        return JSONResponse(api.completion(answer, body.logprobs is not None, body.return_token_ids))

    @app.post("/v1/chat/completions")
    async def chat_completions(request: Request, body: api.ChatBody) -> Response:
        text = engine.served.render([message.model_dump(exclude_none=True) for message in body.messages])
        answer = await engine.answer(request, body, engine.served.encode(text, body.add_special_tokens))
        if answer is None:
            return Response(status_code=CLIENT_CLOSED_REQUEST)
        return JSONResponse(api.chat_completion(answer, bool(body.logprobs), body.return_token_ids))

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        card = {"id": name, "object": "model", "created": 0, "owned_by": "deskcheck", "max_model_len": context}
        return {"object": "list", "data": [card]}

    @app.get("/health")
    async def health() -> Response:
        return Response()

    registry = _registry(engine.batcher)

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")

    map_errors(app)
    return app


def _registry(batcher: Batcher) -> CollectorRegistry:
    registry = CollectorRegistry()
    gauges: tuple[tuple[str, str, Callable[[], float]], ...] = (
        ("deskcheck_engine_requests_running", "Requests in a batch", lambda: batcher.running),
        ("deskcheck_engine_requests_waiting", "Requests in the queue", lambda: batcher.waiting),
        ("deskcheck_engine_generated_tokens", "Tokens generated since the start", lambda: batcher.generated_tokens),
    )
    for name, text, read_now in gauges:
        Gauge(name, text, registry=registry).set_function(read_now)
    return registry
