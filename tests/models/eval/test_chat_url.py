"""A chat model behind a URL, without a checkpoint: found by its one name, asked in messages, said to be raw."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from models.eval import __main__ as command


class Server(ThreadingHTTPServer):
    """Lists `names`, and answers every chat alike."""

    names: Any = ("some/chat-7b",)

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict[str, Any]] = []
        self.keys: set[str | None] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._answer({"data": [{"id": name} for name in self.server.names]})

    def do_POST(self) -> None:
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        choice = {"message": {"role": "assistant", "content": "It adds.\n\nOutput: 1"}, "finish_reason": "stop"}
        self._answer({"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 3}})

    def _answer(self, document: dict[str, Any]) -> None:
        self.server.keys.add(self.headers["Authorization"])
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["eval", "--suite", "programs", "--limit", "2", *arguments])
    command.main()


def test_a_chat_model_needs_nothing_but_its_url(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DESKCHECK_ENGINE_API_KEY", "secret")
    run(monkeypatch, "--url", server.url, "--context", "4000", "--json", str(tmp_path / "a.json"))
    results = json.loads((tmp_path / "a.json").read_text())
    about = results["about"]
    assert (about["model"], about["prompt_style"], about["context_length"]) == ("some/chat-7b", "chat", 4000)
    assert (about["checkpoint"], about["calibration"]) == (None, [])
    assert results["programs"]["accuracy"]["n"] == len(server.asked) == 2
    assert results["programs"]["cost"]["prompt tokens per problem"] == 7
    assert {asked["model"] for asked in server.asked} == {"some/chat-7b"}
    assert all(asked["messages"] for asked in server.asked)
    assert server.keys == {"Bearer secret"}
    assert "none were calibrated" in capsys.readouterr().out
    assert "secret" not in (tmp_path / "a.json").read_text()


def test_of_several_models_one_must_be_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.names = ("a", "b")
    with pytest.raises(SystemExit, match=r"has 2 models: name one with --model \(a, b\)"):
        run(monkeypatch, "--url", server.url)
    run(monkeypatch, "--url", f"{server.url}/v1", "--model", "b")
    assert {asked["model"] for asked in server.asked} == {"b"}


@pytest.mark.parametrize(
    ("url", "said"),
    [("http://127.0.0.1:1", "ConnectError"), ("ftp://x", "not a URL of a model server"), ("x", "not a URL")],
)
def test_a_server_that_is_none_is_one_line(url: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match=f"^error: .*{said}"):
        run(monkeypatch, "--url", url)
