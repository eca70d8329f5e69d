"""Over real sockets: large and slow bodies are refused while they are read."""

from __future__ import annotations

import http.client
import json
import select
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from tests.app.test_bad_requests import JSON, check_problem

TEN_MB = 10_000_000


@pytest.fixture
def url(application: FastAPI) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning", ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(5)
    listener.close()


def status_line(url: str, head: str, chunks: Iterator[bytes]) -> bytes:
    """What the server says, listening while it is still being sent to."""
    address = httpx.URL(url)
    with socket.create_connection((address.host, address.port or 80), timeout=5) as connection:
        connection.sendall(
            f"POST /solve HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{head}\r\n\r\n".encode()
        )
        for chunk in chunks:
            try:
                connection.sendall(chunk)
            except ConnectionError:  # the server has said no and hung up
                break
        return connection.recv(100).partition(b"\r\n")[0]


def test_a_body_of_ten_megabytes_is_refused_by_its_length(url: str) -> None:
    assert b" 413 " in status_line(url, f"Content-Length: {TEN_MB}", iter([]))  # before a byte of it was sent
    assert httpx.get(f"{url}/healthz").status_code == 200


def test_who_sends_all_of_ten_megabytes_gets_the_whole_problem(url: str) -> None:
    address = httpx.URL(url)
    for _ in range(5):
        connection = http.client.HTTPConnection(address.host, address.port, timeout=20)
        connection.request("POST", "/solve", b" " * TEN_MB, JSON)  # sends it all before it reads
        answer = connection.getresponse()
        assert (answer.status, answer.headers["content-type"]) == (413, "application/problem+json")
        assert json.loads(answer.read())["status"] == 413
        connection.close()


def test_a_chunked_body_is_refused_once_it_is_too_long(url: str) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    assert b" 413 " in status_line(url, "Transfer-Encoding: chunked", iter([chunk] * 17))
    assert httpx.get(f"{url}/healthz").status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for(url: str) -> None:
    assert b" 408 " in status_line(url, "Content-Length: 100", iter([b'{"problem"']))
    assert httpx.get(f"{url}/healthz").status_code == 200


def test_a_problem_document_arrives_over_http(url: str) -> None:
    check_problem(httpx.post(f"{url}/solve", content=b"[" * 50_000, headers=JSON), 400)


def test_who_drips_a_body_that_is_too_large_is_not_listened_to_for_ever(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.body.DRAIN_S", 0.5)
    started = time.monotonic()
    address = httpx.URL(url)
    with socket.create_connection((address.host, address.port or 80), timeout=5) as connection:
        head = f"POST /solve HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {TEN_MB}\r\n\r\n"
        connection.sendall(head.encode())
        while time.monotonic() - started < 5.0 and not select.select([connection], [], [], 0.05)[0]:
            connection.sendall(b" ")
        assert b" 413 " in connection.recv(100)
    assert time.monotonic() - started < 4.0
    assert httpx.get(f"{url}/healthz").status_code == 200
