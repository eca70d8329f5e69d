"""An OpenAI-compatible server that says what a test wants."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Answers a prompt with its text of `answers`, else with `text`; `seen` counts the requests."""

    def __init__(self, text: str = "", answers: Mapping[str, str] = {}) -> None:  # only read
        self.seen = 0
        self.refusals = 0
        self.delay = 0.0
        self.text = text
        self.answers = answers
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:  # the library's name
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        server.seen += 1
        time.sleep(server.delay)
        status = 429 if server.refusals > 0 else 200
        server.refusals -= 1
        text = server.answers.get(asked["messages"][-1]["content"], server.text)
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        body = json.dumps({"choices": [choice], "usage": usage}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            return  # who asked was killed

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(text: str = "", answers: Mapping[str, str] = {}) -> Iterator[Server]:  # only read
    """A running server."""
    with Server(text, answers) as started:
        thread = threading.Thread(target=started.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield started
        finally:
            started.shutdown()
            thread.join()
