"""Small questions to the network: is this port free, does Redis answer, does this address?

Asks and tells; starts and stops nothing.
"""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
from redis import Redis
from redis.exceptions import RedisError

from workers.pipeline.errors import InputError


def check_free(host: str, port: int) -> None:
    """Raises InputError unless a server could listen there."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise InputError(f"cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}") from error


def free_port() -> int:
    """A loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(uds: Path) -> bool:
    """Whether a server accepts connections on this Unix socket; its file alone is there a moment earlier.

    httpx does not close the socket of a refused connection: ask here before it.
    """
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(uds)) == 0


def redis_answers(url: str) -> bool:
    """Whether Redis answers PING. Raises InputError for what is no Redis URL."""
    try:
        with Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0, retry=None) as client:
            return bool(client.ping())
    except RedisError:
        return False
    except ValueError as error:
        raise InputError(f"Redis URL: {error}") from error


def answers(url: str) -> bool:
    """Whether GET gives a 2xx."""
    try:
        return httpx.get(url, timeout=5.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def address(host: str, port: int) -> str:
    """Base URL under which this machine reaches a server that listens on `host`."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
