"""Questions to the network are answered whatever stands at the other end, and leave nothing open."""

from __future__ import annotations

import gc
import socket
from pathlib import Path

from workers import probe


def test_a_unix_socket_listens_from_the_moment_it_accepts(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    assert not probe.listens(path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        assert not probe.listens(path)  # the file is there, nobody accepts
        server.listen()
        assert probe.listens(path)
    assert not probe.listens(path)  # the file has outlived its server
    gc.collect()  # a socket left open would warn, and a warning fails the test
