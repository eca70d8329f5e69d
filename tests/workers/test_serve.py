"""`deskcheck serve` for real: Redis, engine, workers and API start, answer, heal, and leave nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.tiny import make_tiny_checkpoint
from tests.workers.processes import alive, command, descendants, wait
from workers.probe import free_port

ROOT = Path(__file__).resolve().parents[2]
BODY = {"code": "def f(a, b):\n    return a + b", "input": "1, 2", "io": "function", "entry_point": "f"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serve")
    make_tiny_checkpoint(folder / "tiny")
    (folder / "tmp").mkdir()
    return folder


def _start(folder: Path, port: int, *options: str) -> "subprocess.Popen[str]":
    unwanted = ("DESKCHECK_", "REDIS_URL", "OPENAI_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    own = {"XDG_CACHE_HOME": str(folder / "cache"), "XDG_STATE_HOME": str(folder), "TMPDIR": str(folder / "tmp")}
    sizes = {"DESKCHECK_SOLVE_WORKERS": "1", "DESKCHECK_PREDICT_WORKERS": "2"}
    argv = [sys.executable, "-m", "workers.cli", "serve", "--port", str(port), "--checkpoint", str(folder / "tiny")]
    argv += options
    return subprocess.Popen(
        argv, cwd=ROOT, env={**kept, **own, **sizes}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@contextmanager
def _service(folder: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    process = _start(folder, port)
    assert process.stdout is not None
    try:
        first = process.stdout.readline()  # ends when the service is ready, or with the process
        assert first.startswith(f"Deskcheck is ready at http://127.0.0.1:{port}"), process.communicate()[1]
        yield process
    finally:
        left = descendants(process.pid)
        process.kill()
        process.communicate()
        for pid in filter(alive, left):
            os.kill(pid, signal.SIGKILL)


def _predict(port: int) -> set[str]:
    address, headers = f"http://127.0.0.1:{port}/predict-output", {"content-type": "application/json"}
    request = urllib.request.Request(address, json.dumps(BODY).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
        return set(json.load(answer))


def test_one_command_serves_heals_and_leaves_nothing_at_ctrl_c(folder: Path) -> None:
    port = free_port()
    with _service(folder, port) as process:
        assert _predict(port) == {"output", "raises", "finishes", "confidence", "narrative", "usage"}

        other = _start(folder, free_port())
        _, stderr = other.communicate(timeout=20)
        assert (other.returncode, stderr.count("\n")) == (2, 1)
        assert "is used by another deskcheck serve" in stderr

        engine = next(pid for pid in descendants(process.pid) if "workers.engine" in command(pid))
        os.kill(engine, signal.SIGKILL)
        assert process.stderr is not None
        told = [process.stderr.readline().split()[:2] for _ in range(3)]
        assert told == [["starting", "Redis,"], ["starting", "the"], ["starting", "workers"]]
        assert process.stderr.readline() == "engine died (SIGKILL); starting it again\n"
        assert _predict(port), "the job waits for the engine to come back"

        parts = descendants(process.pid)
        for name in ("redis-server", "workers.engine", "workers.main", "uvicorn"):
            assert any(name in command(pid) for pid in parts), name
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=15)
        assert (process.returncode, stderr) == (0, "")
        assert not list(filter(alive, parts))
        assert not list((folder / "tmp").iterdir())


def test_ready_is_one_json_line_for_machines(folder: Path) -> None:
    port = free_port()
    process = _start(folder, port, "--json")
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert (ready["status"], ready["url"]) == ("ready", f"http://127.0.0.1:{port}")
        with urllib.request.urlopen(ready["links"]["readyz"], timeout=10) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        assert (process.wait(15), process.stdout.read()) == (0, "")
    finally:
        process.kill()
        process.communicate()


def test_nothing_outlives_a_service_that_is_killed(folder: Path) -> None:
    with _service(folder, free_port()) as process:
        parts = descendants(process.pid)
        assert len(parts) > 4
        process.kill()
        process.wait()
        wait(lambda: not any(map(alive, parts)), 15.0)


def test_a_port_in_use_is_said_before_anything_starts(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = _start(folder, taken.getsockname()[1])
        stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stdout, stderr.count("\n")) == (2, "", 1)
    assert "address already in use" in stderr
