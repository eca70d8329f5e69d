"""Frames between the sandbox and its fork server: four bytes of length, then JSON. Knows nothing of what they say."""

from __future__ import annotations

import json
import os
import select
import time
from typing import Any

Frame = dict[str, Any]


def send(fd: int, frame: Frame) -> None:
    """Write one frame. Raises BrokenPipeError if the other side is gone."""
    body = json.dumps(frame).encode()
    rest = memoryview(len(body).to_bytes(4, "big") + body)
    while rest:
        rest = rest[os.write(fd, rest) :]


def receive(fd: int, seconds: float | None = None) -> Frame | None:
    """Read one frame; None if the other side closed. Raises TimeoutError if it is not all there after `seconds`."""
    deadline = None if seconds is None else time.monotonic() + seconds
    head = _read(fd, 4, deadline)
    body = _read(fd, int.from_bytes(head, "big"), deadline) if head else None
    return json.loads(body) if body else None


def _read(fd: int, size: int, deadline: float | None) -> bytes | None:
    data = bytearray()
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    while len(data) < size:
        wait = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
        if not poll.poll(wait):
            raise TimeoutError
        chunk = os.read(fd, min(size - len(data), 1 << 20))
        if not chunk:
            return None
        data += chunk
    return bytes(data)
