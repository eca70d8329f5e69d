"""Rewriting over real HTTP: what is kept, why the rest is dropped, and that a kill loses nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from models.narrative import journal, prose
from models.narrative.draw import draw
from models.narrative.rewrite import KEPT, Params, Task, estimate, prompt, rewrite, verdict
from workers.pipeline.errors import CompleterError, InputError
from workers.pipeline.openai import OpenAICompleter
from workers.pipeline.types import Completion, FinishReason

ROOT = Path(__file__).parents[3]
TASK = next(t for t in draw(40, 1) if t.run.output is not None and len(t.run.steps) > 4 and t.io == "function")
TRUE = prose.narrate(TASK.code, TASK.run, TASK.io)


class Server(ThreadingHTTPServer):
    """An OpenAI-compatible server that answers as `say` wants; `seen` counts the requests."""

    def __init__(self) -> None:
        self.seen = 0
        self.refusals = 0
        self.delay = 0.0
        self.text = TRUE
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:  # the library's name
        self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        server.seen += 1
        time.sleep(server.delay)
        status = 429 if server.refusals > 0 else 200
        server.refusals -= 1
        choice = {"index": 0, "message": {"role": "assistant", "content": server.text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        body = json.dumps({"choices": [choice], "usage": usage}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as started:
        thread = threading.Thread(target=started.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield started
        started.shutdown()
        thread.join()


def judged(text: str, finish: FinishReason = FinishReason.STOP) -> str:
    return verdict(Completion(text, finish), TASK)


def lied() -> str:
    """The true account with the last claimed value of a variable made another one."""
    name, value = next(iter(TASK.run.steps[0].changes.items()))
    assert f"{name} = {value}" in TRUE
    return TRUE.replace(f"{name} = {value}", f"{name} = 98765", 1)


def test_a_true_account_is_kept_and_each_fault_has_its_reason() -> None:
    assert judged(TRUE) == KEPT
    assert judged("<think>\nhm\n</think>\n" + TRUE) == KEPT
    wrong = TRUE.partition("[OUTPUT]")[0] + "[OUTPUT]\n'no such output'\n[/OUTPUT]"
    assert judged(wrong) == "wrong outcome"
    assert judged(lied()) == "false claim"
    assert judged(f"It runs.\n[OUTPUT]\n{TASK.run.output}\n[/OUTPUT]") == "nothing checkable"
    assert judged("I cannot say.") == "no outcome stated"
    assert judged(TRUE[: len(TRUE) // 2], FinishReason.LENGTH) == "cut off"
    assert judged("As the trace shows:\n" + TRUE) == "speaks of the trace"


def test_the_prompt_holds_program_run_and_outcome() -> None:
    for task in draw(30, 2):
        text = "".join(message["content"] for message in prompt(task).messages or ())
        assert task.code in text
        assert "Record of the run" in text
        if task.run.output is not None:
            assert task.run.output in text


@pytest.mark.anyio
async def test_answers_are_journalled_counted_and_not_asked_for_twice(server: Server, tmp_path: Path) -> None:
    tasks = [Task(str(i), TASK.code, TASK.io, TASK.entry_point, TASK.given, TASK.run) for i in range(6)]
    server.refusals = 2
    seen = list[tuple[int, int]]()
    async with OpenAICompleter(server.url, "m", endpoint="chat", backoff=0.01) as completer:
        first = await rewrite(tasks[:4], completer, Params(concurrency=2), tmp_path / "j", lambda *n: seen.append(n))
        assert (first, server.seen) == (Counter({KEPT: 4}), 6)
        assert seen == [(n, 4) for n in (1, 2, 3, 4)]
        server.text = lied()
        second = await rewrite(tasks, completer, Params(), tmp_path / "j")
    assert second == Counter({KEPT: 4, "false claim": 2})
    assert server.seen == 8
    rows = [json.loads(line) for line in (tmp_path / "j").read_text().splitlines()]
    assert [("explanation" in row) for row in rows] == [True] * 4 + [False] * 2


@pytest.mark.anyio
async def test_a_failing_server_is_an_error_and_what_was_answered_stays(server: Server, tmp_path: Path) -> None:
    tasks = [Task(str(i), TASK.code, TASK.io, TASK.entry_point, TASK.given, TASK.run) for i in range(3)]
    async with OpenAICompleter(server.url, "m", endpoint="chat", retries=1, backoff=0.01) as completer:
        await rewrite(tasks[:1], completer, Params(), tmp_path / "j")
        server.refusals = 1000
        with pytest.raises(CompleterError):
            await rewrite(tasks, completer, Params(), tmp_path / "j")
    with journal.opened(tmp_path / "j") as done:
        assert done.ids == {"0"}


def test_half_a_line_is_cut_off_and_a_foreign_file_refused(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(b'{"id": "a"}\n{"id": "b", "expl')
    with journal.opened(path) as done:
        assert done.ids == {"a"}
        done.append({"id": "c", "text": "é"})
    assert [json.loads(line)["id"] for line in path.read_bytes().splitlines()] == ["a", "c"]
    path.write_text("hello\n")
    with pytest.raises(InputError, match="no journal"), journal.opened(path):
        pass


def test_the_estimate_grows_with_the_work() -> None:
    few, many = estimate(draw(5, 3), Params()), estimate(draw(50, 3), Params())
    assert (few.requests, many.requests) == (5, 50)
    assert 0 < few.prompt_tokens < many.prompt_tokens
    assert many.price(1.0, 2.0) == pytest.approx((many.prompt_tokens + 2 * many.completion_tokens) / 1e6)


def command(server: Server, out: Path, *more: str) -> list[str]:
    fixed = ["--url", server.url, "--model", "m", "--out", str(out), "--count", "12", "--concurrency", "1"]
    return [sys.executable, "-m", "models.narrative", *fixed, *more]


def test_killed_in_the_middle_the_same_command_goes_on(server: Server, tmp_path: Path) -> None:
    server.delay = 0.15
    out = tmp_path / "explained"
    process = subprocess.Popen(command(server, out), cwd=ROOT, stdout=subprocess.DEVNULL)
    path = out / "journal.jsonl"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (path.exists() and path.read_bytes().count(b"\n") >= 3):
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = path.read_bytes().count(b"\n")
    assert 3 <= before < 12
    assert not (out / "manifest.json").exists()
    server.delay, asked = 0.0, server.seen
    done = subprocess.run(command(server, out), cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert server.seen - asked == 12 - before
    verdicts = json.loads((out / "manifest.json").read_text())["verdicts"]
    assert sum(verdicts.values()) == 12
    assert "12 requests" in done.stdout


def test_a_dry_run_asks_nothing(server: Server, tmp_path: Path) -> None:
    done = subprocess.run(
        command(server, tmp_path / "out", "--dry-run", "--price-in", "1", "--price-out", "2"),
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "at the prices given" in done.stdout
    assert server.seen == 0
    assert not (tmp_path / "out").exists()
