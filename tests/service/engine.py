"""A model server that says what a test wants: the OpenAI completions API over real HTTP, in threads of this process."""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD = "def f(xs):\n    return sum(x * x for x in xs if x % 2 == 0)"
BAD = "def f(xs):\n    return 0"


def reply(prompt: str) -> str:
    """A tiny model: writes the good program, and 'simulates' by knowing the two test inputs by heart."""
    if prompt.startswith("<|predict|>"):
        return f"2 return 20 <|output|>{'20' if '[1, 2, 3, 4]' in prompt else '0'}"
    return GOOD


class ScriptedEngine:
    """Answers at `url`. While `hold` is set requests wait, all but `passes` of them.

    `waiting` counts those that wait, `gone` those whose client hung up meanwhile; `last` is the body of the latest.
    """

    def __init__(self) -> None:
        self.hold = threading.Event()
        self.passes = 0
        self.requests = 0
        self.last: dict[str, Any] = {}
        self.waiting = 0
        self.gone = 0
        self.status = 200
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.engine = self
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def reset(self) -> None:
        """Let everything go and forget."""
        self.hold.clear()
        self.status = 200
        deadline = time.monotonic() + 5
        while self.waiting and time.monotonic() < deadline:
            time.sleep(0.01)
        self.requests = self.gone = self.passes = 0

    def close(self) -> None:
        self.hold.clear()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    engine: ScriptedEngine


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._send(200, {"object": "list", "data": [{"id": "scripted"}]})

    def do_POST(self) -> None:
        engine = self.server.engine  # type: ignore[attr-defined]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with engine.lock:
            engine.requests += 1
            engine.last = body
            engine.waiting += 1
        here = self._wait(engine)
        with engine.lock:
            engine.waiting -= 1
            engine.gone += not here
        if not here:
            self.close_connection = True
        elif engine.status != 200:
            self._send(engine.status, {"error": {"message": "as the test wants", "type": "x", "code": engine.status}})
        else:
            self._send(200, self._completion(body["prompt"]))

    def _wait(self, engine: ScriptedEngine) -> bool:
        """True once nothing holds the request, False if its client hangs up first."""
        while engine.hold.is_set():
            with engine.lock:
                if engine.passes:
                    engine.passes -= 1
                    return True
            readable, _, _ = select.select([self.connection], [], [], 0.02)
            if readable and not _peek(self.connection):
                return False
        return True

    def _completion(self, prompt: str) -> dict[str, Any]:
        text = reply(prompt)
        tokens = text.split(" ")
        return {
            "id": "x",
            "object": "text_completion",
            "model": "scripted",
            "choices": [
                {
                    "index": 0,
                    "text": text,
                    "finish_reason": "stop",
                    "logprobs": {"tokens": tokens, "token_logprobs": [-0.01] * len(tokens)},
                }
            ],
            "usage": {"prompt_tokens": 7, "completion_tokens": len(tokens), "total_tokens": 7 + len(tokens)},
        }

    def _send(self, status: int, value: dict[str, Any]) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _peek(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1, socket.MSG_PEEK)
    except ConnectionError:
        return b""
