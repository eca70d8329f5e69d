"""The engine as its users meet it: a real process on a Unix socket, asked over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from safetensors.numpy import load_file, save_file

from tests.tiny import CONTEXT, make_tiny_checkpoint, tiny_tokenizer, write_manifest
from tests.workers.processes import alive, wait
from workers import probe
from workers.engine import CHECKPOINT_EXIT
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.openai import OpenAICompleter
from workers.pipeline.prompts.tagged import END, PREDICT
from workers.pipeline.types import FinishReason, Prompt

pytestmark = pytest.mark.anyio
LONG = 100_000
"""A context for the tests of cancelling: nobody waits for this many tokens."""


@contextlib.contextmanager
def engine(folder: Path, *options: str) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """An engine process for `folder / "checkpoint"`; gives its socket and the process."""
    uds = folder / "engine.sock"
    argv = [sys.executable, "-m", "workers.engine", "--checkpoint", str(folder / "checkpoint")]
    argv += ["--uds", str(uds), "--cache", str(folder / "cache"), *options]
    with subprocess.Popen(argv) as process:
        try:
            _wait_for(uds, process)
            yield uds, process
        finally:
            process.terminate()


def _wait_for(uds: Path, process: subprocess.Popen[bytes]) -> None:
    for _ in range(400):
        if probe.listens(uds):
            return
        assert process.poll() is None
        time.sleep(0.05)
    raise AssertionError("the engine does not answer")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("engine")
    make_tiny_checkpoint(folder / "checkpoint")
    with engine(folder) as (uds, _):
        yield uds


def make_endless_checkpoint(folder: Path) -> None:
    """A context that takes minutes to fill, and a model that never ends by itself."""
    make_tiny_checkpoint(folder)
    weights = load_file(folder / "model.safetensors")
    weights["model.embed_tokens.weight"][tiny_tokenizer().get_vocab()[END]] = 0  # a logit of 0 is never the best one
    save_file(weights, folder / "model.safetensors")
    write_manifest(folder, 1, context_length=LONG)


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An endless checkpoint behind one decoder and a queue of three."""
    folder = tmp_path_factory.mktemp("endless")
    make_endless_checkpoint(folder / "checkpoint")
    with engine(folder, "--threads", "1", "--max-waiting", "3") as (uds, _):
        yield uds


def client_of(uds: Path) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(uds)), base_url="http://engine/v1", timeout=30)


@pytest.fixture
async def client(served: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(served) as client:
        yield client


def body(prompt: str | list[int] = "def f(x):", **changes: Any) -> dict[str, Any]:
    return {"model": "tiny", "prompt": prompt, "max_tokens": 8, "temperature": 0, **changes}


async def ask(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    response = await client.post("/completions", json=body(**changes))
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def state(client: httpx.AsyncClient) -> dict[str, float]:
    text = (await client.get("http://engine/metrics")).text
    return {name: float(value) for name, value in re.findall(r"^deskcheck_engine_(\w+) (\S+)$", text, re.MULTILINE)}


async def until(client: httpx.AsyncClient, condition: Callable[[dict[str, float]], bool]) -> dict[str, float]:
    """Poll the engine's metrics, two seconds at most."""
    for _ in range(100):
        if condition(now := await state(client)):
            return now
        await asyncio.sleep(0.02)
    raise AssertionError(now)


def idle(now: dict[str, float]) -> bool:
    return now["requests_running"] + now["requests_waiting"] == 0


async def test_a_completion_has_the_fields_of_the_api(client: httpx.AsyncClient) -> None:
    answer = await ask(client, logprobs=1, return_token_ids=True)
    choice = answer["choices"][0]
    assert answer["object"] == "text_completion"
    assert answer["usage"] == {"prompt_tokens": 9, "completion_tokens": 8, "total_tokens": 17}
    assert choice["finish_reason"] == "length"
    assert (
        len(choice["token_ids"]) == len(choice["logprobs"]["tokens"]) == len(choice["logprobs"]["token_logprobs"]) == 8
    )
    assert all(value <= 0 for value in choice["logprobs"]["token_logprobs"])
    assert choice["logprobs"]["text_offset"][0] == 0
    assert (await ask(client))["choices"][0]["logprobs"] is None


async def test_chat_renders_the_template_of_the_checkpoint(client: httpx.AsyncClient) -> None:
    """The tiny template only joins contents, so that both ways must meet in the same tokens."""
    messages = [{"role": "system", "content": "def "}, {"role": "user", "content": "f(x):"}]
    asked = {"model": "tiny", "messages": messages, "max_completion_tokens": 8, "temperature": 0, "logprobs": True}
    response = await client.post("/chat/completions", json=asked)
    choice = response.json()["choices"][0]
    plain = (await ask(client, logprobs=0))["choices"][0]
    assert response.json()["object"] == "chat.completion"
    assert choice["message"] == {"role": "assistant", "content": plain["text"]}
    assert [entry["token"] for entry in choice["logprobs"]["content"]] == plain["logprobs"]["tokens"]
    logprobs = [entry["logprob"] for entry in choice["logprobs"]["content"]]
    assert logprobs == pytest.approx(plain["logprobs"]["token_logprobs"], abs=1e-4)


async def test_token_ids_are_a_prompt_too(client: httpx.AsyncClient) -> None:
    ids = (await ask(client, return_token_ids=True))["choices"][0]["prompt_token_ids"]
    assert (await ask(client, prompt=ids))["choices"][0]["text"] == (await ask(client))["choices"][0]["text"]


async def test_a_stop_string_ends_the_text_before_it(client: httpx.AsyncClient) -> None:
    free = (await ask(client, prompt="abc", max_tokens=200))["choices"][0]["text"]
    stop = next(free[at : at + 2] for at in range(20, 180) if free[at : at + 2].isascii())
    answer = await ask(client, prompt="abc", max_tokens=200, stop=["not there", stop])
    assert answer["choices"][0]["text"] == free[: free.index(stop)]
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["usage"]["completion_tokens"] < 200


async def test_a_seed_repeats_a_sample(client: httpx.AsyncClient) -> None:
    async def sample(seed: int | None) -> str:
        answer = await ask(client, temperature=1.0, top_p=0.95, seed=seed, max_tokens=20)
        return str(answer["choices"][0]["text"])

    first = await asyncio.gather(*(sample(seed) for seed in range(6)))
    again = await asyncio.gather(*(sample(seed) for seed in reversed(range(6))))
    assert first == again[::-1]
    assert len(set(first)) == 6
    assert await sample(None) != await sample(None)


async def test_company_does_not_change_a_greedy_answer(client: httpx.AsyncClient) -> None:
    prompts = [f"{PREDICT}x = {i} * {'1' * i}" for i in range(1, 24)]
    alone = [(await ask(client, prompt=prompt, max_tokens=40))["choices"][0]["text"] for prompt in prompts]
    together = await asyncio.gather(*(ask(client, prompt=prompt, max_tokens=40) for prompt in prompts))
    assert [answer["choices"][0]["text"] for answer in together] == alone


async def test_the_pipelines_completer_speaks_to_it(served: Path) -> None:
    async with client_of(served) as client:
        completer = OpenAICompleter("http://engine", "tiny", client=client)
        request = CompletionRequest(Prompt(text=f"{PREDICT}x", stop=(END,)), max_tokens=2 * CONTEXT)
        completion = await completer.complete(request)
    assert completion.finish is FinishReason.LENGTH or completion.token_ids[-1] == tiny_tokenizer().get_vocab()[END]
    assert completion.usage.prompt_tokens == 2
    assert len(completion.tokens) == len(completion.logprobs) == completion.usage.completion_tokens


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"model": "another"}, 404, "another"),
        ({"stream": True}, 400, "stream"),
        ({"n": 2}, 400, "n:"),
        ({"echo": True}, 400, "echo"),
        ({"logprobs": 5}, 400, "logprobs"),
        ({"top_k": 3}, 400, "top_k"),
        ({"temperature": -1}, 400, "temperature"),
        ({"top_p": 0}, 400, "top_p"),
        ({"max_tokens": 0}, 400, "max_tokens"),
        ({"stop": [""]}, 400, "stop"),
        ({"prompt": ""}, 400, "empty"),
        ({"prompt": [tiny_tokenizer().get_vocab_size()]}, 400, "vocabulary"),
        ({"prompt": [-1]}, 400, "vocabulary"),
        ({"prompt": ["a", "b"]}, 400, "prompt"),
        ({"seed": 2**64}, 400, "seed"),
    ],
)
async def test_what_is_not_served_is_refused_clearly(
    client: httpx.AsyncClient, changes: dict[str, Any], status: int, says: str
) -> None:
    response = await client.post("/completions", json=body(**changes))
    assert response.status_code == status
    assert says in response.json()["error"]["message"]


async def test_what_is_no_json_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.post("/completions", content=b"{", headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "BadRequestError"


@pytest.mark.parametrize("length", [CONTEXT - 7, CONTEXT, CONTEXT * 100])
async def test_too_long_a_prompt_is_refused_by_name(client: httpx.AsyncClient, length: int) -> None:
    response = await client.post("/completions", json=body("x" * length))
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "context_length_exceeded"


async def test_a_prompt_may_fill_the_context_to_the_last_token(client: httpx.AsyncClient) -> None:
    answer = await ask(client, prompt="x" * (CONTEXT - 8))
    assert answer["usage"]["total_tokens"] <= CONTEXT
    answer = await ask(client, prompt="x" * (CONTEXT - 1), max_tokens=None)
    assert answer["usage"]["completion_tokens"] == 1


async def test_models_names_the_checkpoint(client: httpx.AsyncClient) -> None:
    cards = (await client.get("/models")).json()["data"]
    assert [(card["id"], card["max_model_len"]) for card in cards] == [("tiny", CONTEXT)]


@pytest.mark.parametrize("temperature", [0.0, 0.01])
async def test_a_client_that_goes_away_frees_the_engine(endless: Path, temperature: float) -> None:
    async with client_of(endless) as client:
        async with client_of(endless) as leaver:
            asked = body(max_tokens=None, temperature=temperature)
            requests = [asyncio.create_task(leaver.post("/completions", json=asked)) for _ in range(3)]
            await until(client, lambda now: now["requests_running"] > 0)
            await asyncio.sleep(0.1)
            assert not any(request.done() for request in requests)
            for request in requests:
                request.cancel()
            await asyncio.gather(*requests, return_exceptions=True)
        await until(client, idle)
        await ask(client)


async def test_a_full_queue_says_when_to_come_back(endless: Path) -> None:
    async with client_of(endless) as client:
        asked = body(max_tokens=None, temperature=0.01)
        requests = [asyncio.create_task(client.post("/completions", json=asked))]
        await until(client, lambda now: now["requests_running"] == 1)
        requests += [asyncio.create_task(client.post("/completions", json=asked)) for _ in range(3)]
        await until(client, lambda now: now["requests_waiting"] == 3)
        response = await client.post("/completions", json=asked)
        for request in requests:
            request.cancel()
        await asyncio.gather(*requests, return_exceptions=True)
        assert response.status_code == 429
        assert int(response.headers["Retry-After"]) >= 1
        await until(client, idle)


async def test_a_stop_ends_running_requests_at_once(tmp_path: Path) -> None:
    make_endless_checkpoint(tmp_path / "checkpoint")
    with engine(tmp_path) as (uds, process):
        async with client_of(uds) as client:
            asked = body(max_tokens=None)
            request = asyncio.create_task(client.post("/completions", json=asked))
            await until(client, lambda now: now["requests_running"] == 1)
            process.terminate()
            assert (await request).status_code == 503
        process.wait(5)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's part of it is Linux's")
def test_it_ends_with_its_parent_where_it_is_told_to(tmp_path: Path) -> None:
    make_tiny_checkpoint(tmp_path / "checkpoint")
    uds = tmp_path / "engine.sock"
    starts = (
        "import os, subprocess, sys, time\n"
        "engine = [sys.executable, '-m', 'workers.engine', *sys.argv[1:], '--parent', str(os.getpid())]\n"
        "print(subprocess.Popen(engine).pid, flush=True)\n"
        "time.sleep(600)"
    )
    argv = ["--checkpoint", str(tmp_path / "checkpoint"), "--uds", str(uds), "--cache", str(tmp_path / "cache")]
    with subprocess.Popen([sys.executable, "-c", starts, *argv], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        try:
            _wait_for(uds, parent)
            assert alive(pid)
            parent.kill()
            parent.wait()
            wait(lambda: not alive(pid), 15.0)
        finally:
            parent.kill()
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's part of it is Linux's")
def test_it_ends_at_once_where_its_parent_is_gone_already(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "workers.engine", "--checkpoint", str(tmp_path), "--parent", "1000000000"]
    assert subprocess.run(argv, timeout=60).returncode == -signal.SIGTERM


def test_a_checkpoint_that_cannot_be_served_ends_the_process_with_one_line(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "workers.engine", "--checkpoint", str(tmp_path / "none"), "--uds", "unused"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert done.returncode == CHECKPOINT_EXIT
    assert done.stderr.count("\n") == 1
    assert "none" in done.stderr
