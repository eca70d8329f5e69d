from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from workers.pipeline.completer import CompletionRequest
from workers.pipeline.errors import (
    CompleterRejected,
    CompleterTimeout,
    CompleterUnavailable,
    ContextLengthError,
    InputError,
)
from workers.pipeline.openai import OpenAICompleter
from workers.pipeline.types import Completion, FinishReason, Prompt, Usage

pytestmark = pytest.mark.anyio

TEXT = CompletionRequest(
    Prompt(text="<|predict|>", stop=("<|end|>",)), max_tokens=64, temperature=0.5, top_p=0.9, seed=7
)
CHAT = CompletionRequest(Prompt(messages=({"role": "user", "content": "hi"},)), max_tokens=64)
ANSWER = {
    "choices": [
        {
            "text": "<|output|>4",
            "finish_reason": "stop",
            "logprobs": {"tokens": ["<|output|>", "4", "<|end|>"], "token_logprobs": [-0.1, -0.2, 0.0]},
            "token_ids": [12, 40, 1],
        }
    ],
    "usage": {"prompt_tokens": 5, "completion_tokens": 3},
}
COMPLETION = Completion(
    "<|output|>4", FinishReason.STOP, ("<|output|>", "4", "<|end|>"), (-0.1, -0.2, 0.0), (12, 40, 1), Usage(5, 3)
)
CHAT_ANSWER = {
    "choices": [
        {
            "message": {"role": "assistant", "content": "4"},
            "finish_reason": "length",
            "logprobs": {"content": [{"token": "4", "logprob": -0.5, "bytes": [52], "top_logprobs": []}]},
        }
    ],
    "usage": {"prompt_tokens": 5, "completion_tokens": 1},
}
Handler = Callable[[httpx.Request], httpx.Response]


class Server:
    """Answers with the given responses in turn, the last one for ever, and keeps the requests' bodies."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = answers
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.headers = httpx.Headers()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers[min(len(self.bodies), len(self.answers) - 1)]
        self.bodies.append(json.loads(request.content))
        self.paths.append(request.url.path)
        self.headers = request.headers
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


async def complete(handler: Handler, request: CompletionRequest = TEXT, **options: Any) -> Completion:
    options = {"backoff": 0.001, **options}
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(handler)) as client,
        OpenAICompleter("http://engine/v1", "nano", client=client, **options) as completer,
    ):
        return await completer.complete(request)


def ok(body: object = ANSWER) -> httpx.Response:
    return httpx.Response(200, json=body)


def refusal(status: int, **error: object) -> httpx.Response:
    return httpx.Response(status, json={"error": error})


async def test_a_text_prompt_is_sent_raw_and_its_tags_come_back() -> None:
    server = Server(ok())
    assert await complete(server, api_key="key") == COMPLETION
    assert server.paths == ["/v1/completions"]
    assert server.headers["Authorization"] == "Bearer key"
    assert server.bodies == [
        {
            "model": "nano",
            "prompt": "<|predict|>",
            "max_tokens": 64,
            "temperature": 0.5,
            "top_p": 0.9,
            "seed": 7,
            "stop": ["<|end|>"],
            "logprobs": 1,
            "skip_special_tokens": False,
            "spaces_between_special_tokens": False,
            "add_special_tokens": False,
            "return_token_ids": True,
        }
    ]


async def test_messages_go_to_chat_without_extensions() -> None:
    server = Server(ok(CHAT_ANSWER))
    assert await complete(server, CHAT) == Completion("4", FinishReason.LENGTH, ("4",), (-0.5,), (), Usage(5, 1))
    assert server.paths == ["/v1/chat/completions"]
    assert server.bodies == [
        {
            "model": "nano",
            "messages": [{"role": "user", "content": "hi"}],
            "max_tokens": 64,
            "temperature": 0.0,
            "top_p": 1.0,
            "logprobs": True,
        }
    ]


async def test_a_text_prompt_for_the_chat_endpoint_is_one_user_message() -> None:
    server = Server(ok(CHAT_ANSWER))
    await complete(server, endpoint="chat")
    assert server.paths == ["/v1/chat/completions"]
    assert server.bodies[0]["messages"] == [{"role": "user", "content": "<|predict|>"}]
    assert server.bodies[0]["skip_special_tokens"] is False
    assert server.bodies[0]["stop"] == ["<|end|>"]


async def test_no_request_asks_for_more_than_one_completion() -> None:
    server = Server(ok())
    await complete(server)
    assert not {"n", "best_of", "stream"} & set(server.bodies[0])


@pytest.mark.parametrize("failure", [httpx.Response(s) for s in (429, 500, 502, 503)] + [httpx.ConnectError("refused")])
async def test_refusals_for_load_and_broken_connections_are_retried(failure: httpx.Response | Exception) -> None:
    server = Server(failure, failure, ok())
    assert await complete(server) == COMPLETION
    assert len(server.bodies) == 3


@pytest.mark.parametrize("failure", [refusal(503, message="busy"), httpx.ReadError("reset")])
async def test_retries_are_bounded(failure: httpx.Response | Exception) -> None:
    server = Server(failure)
    with pytest.raises(CompleterUnavailable, match=r"(busy|reset).*after 3 attempts"):
        await complete(server, retries=2)
    assert len(server.bodies) == 3


async def pauses(monkeypatch: pytest.MonkeyPatch, failure: httpx.Response, **options: Any) -> list[float]:
    """The pauses made before `failure`, met for ever, is given up on."""
    made: list[float] = []

    async def sleep(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr("workers.pipeline.openai.asyncio.sleep", sleep)
    with pytest.raises(CompleterUnavailable):
        await complete(Server(failure), **options)
    return made


async def test_pauses_double_with_jitter_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    made = await pauses(monkeypatch, httpx.Response(503), backoff=1.0, retries=8)
    for attempt, pause in enumerate(made):
        longest = min(30.0, 2.0**attempt)
        assert longest / 2 <= pause <= longest
    assert len(set(made)) == len(made) == 8


@pytest.mark.parametrize(
    ("value", "pause"),
    [
        ("3", 3.0),
        ("0", 0.0),
        ("999", 30.0),
        (format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True), 0.0),
        (format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True), 30.0),
        ("soon", None),
        ("-1", None),
    ],
)
async def test_the_server_may_say_when_to_come_back(
    monkeypatch: pytest.MonkeyPatch, value: str, pause: float | None
) -> None:
    made = await pauses(monkeypatch, httpx.Response(429, headers={"Retry-After": value}), backoff=1.0, retries=1)
    if pause is None:
        assert 0.5 <= made[0] <= 1.0
    else:
        assert made == [pause]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 302])
async def test_other_refusals_are_not_retried(status: int) -> None:
    server = Server(refusal(status, message="The model `nano`\ndoes not exist."))
    with pytest.raises(CompleterRejected, match="The model `nano` does not exist"):
        await complete(server)
    assert len(server.bodies) == 1


TOO_LONG = [
    refusal(400, message="no room", type="invalid_request_error", param="messages", code="context_length_exceeded"),
    refusal(400, message="You passed 70 input characters and requested 0 output tokens.", param="input_text", code=400),
    refusal(400, message="This model's maximum context length is 512 tokens. However, you requested 700.", code=400),
    refusal(400, message="max_tokens=900 cannot be greater than max_model_len=512.", param="max_tokens", code=400),
    httpx.Response(400, json={"object": "error", "message": "maximum context length is 512 tokens"}),
    httpx.Response(400, json={"error": "the prompt is too long"}),
    httpx.Response(422, json={"title": "Too long", "detail": "the context length is 512 tokens", "status": 422}),
]


@pytest.mark.parametrize("answer", TOO_LONG)
async def test_a_prompt_over_the_context_is_told_apart(answer: httpx.Response) -> None:
    server = Server(answer)
    with pytest.raises(ContextLengthError):
        await complete(server)
    assert [body["max_tokens"] for body in server.bodies] == [64, None]


@pytest.mark.parametrize("answer", TOO_LONG)
async def test_a_completion_gets_what_the_prompt_leaves_of_the_context(answer: httpx.Response) -> None:
    assert await complete(Server(answer, ok())) == COMPLETION


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"),
        ok({}),
        ok({"choices": []}),
        ok([1]),
        ok({"choices": [{"text": 1, "logprobs": {"tokens": 3}}]}),
        ok({"choices": [{"text": "x", "logprobs": []}], "usage": 3}),
    ],
)
async def test_an_answer_that_is_no_completion_is_an_error(answer: httpx.Response) -> None:
    with pytest.raises(CompleterUnavailable, match="not an OpenAI completion"):
        await complete(Server(answer))


@pytest.mark.parametrize("logprobs", [None, {}, {"tokens": ["a", "b"], "token_logprobs": [None, -0.1]}])
async def test_an_answer_without_usable_logprobs_has_none(logprobs: object) -> None:
    choice = {"text": "ab", "finish_reason": "abort", "logprobs": logprobs}
    found = await complete(Server(ok({"choices": [choice]})))
    assert (found.text, found.tokens, found.logprobs, found.usage) == ("ab", (), (), Usage())
    assert found.finish is FinishReason.LENGTH


@pytest.mark.parametrize("url", ["engine:80/v1", "ftp://engine/v1", "", "http://", "http://a:b:c"])
def test_a_url_of_no_server_is_an_input_error(url: str) -> None:
    with pytest.raises(InputError, match="not a URL"):
        OpenAICompleter(url, "nano")


class SilentServer:
    """A real HTTP server that reads requests and never answers; it sees when a client goes away."""

    def __init__(self) -> None:
        self.open = 0
        self.asked = asyncio.Event()
        self.left = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        while await reader.read(4096):
            self.asked.set()
        self.open -= 1
        self.left.set()
        writer.close()


async def test_cancelling_the_task_closes_the_connection() -> None:
    silent = SilentServer()
    async with silent.running() as url, OpenAICompleter(url, "nano") as completer:
        task = asyncio.create_task(completer.complete(TEXT))
        await asyncio.wait_for(silent.asked.wait(), 5)
        assert silent.open == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(silent.left.wait(), 5)
        assert silent.open == 0


async def test_a_server_that_does_not_answer_in_time_is_left() -> None:
    silent = SilentServer()
    start = time.monotonic()
    async with silent.running() as url, OpenAICompleter(url, "nano", timeout=0.2, retries=3) as completer:
        with pytest.raises(CompleterTimeout, match=r"no answer within 0\.2 s"):
            await completer.complete(TEXT)
        await asyncio.wait_for(silent.left.wait(), 5)
    assert time.monotonic() - start < 5


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    async with SilentServer().running() as url:
        pass
    async with OpenAICompleter(url, "nano", retries=1, backoff=0.001) as completer:
        with pytest.raises(CompleterUnavailable, match="after 2 attempts"):
            await completer.complete(TEXT)


async def test_a_client_that_is_given_stays_open() -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(Server(ok()))) as client:
        async with OpenAICompleter("http://engine", "nano", client=client) as completer:
            assert math.isclose((await completer.complete(TEXT)).logprobs[0], -0.1)
        assert not client.is_closed


async def test_so_many_attempts_are_under_way_at_most_and_the_time_of_those_that_wait_does_not_count() -> None:
    under_way, most = 0, 0

    async def slowly(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.1)
        under_way -= 1
        return httpx.Response(200, json=ANSWER)

    async with httpx.AsyncClient(transport=httpx.MockTransport(slowly)) as client:
        completer = OpenAICompleter("http://engine", "nano", timeout=0.5, concurrency=2, client=client)
        made = await asyncio.gather(*(completer.complete(TEXT) for _ in range(14)))  # the last ones begin after 0.6 s
    assert most == 2
    assert len(made) == 14
