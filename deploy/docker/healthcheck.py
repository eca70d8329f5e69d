"""The container health check: `healthcheck.py http URL` or `healthcheck.py worker`. Exit status 0 is healthy, 1 is not.

It knows how to ask, not what the service needs to be healthy.
Written in Python because the slim image has neither curl nor redis-cli.
"""

from __future__ import annotations

import os
import socket
import sys
from urllib.request import urlopen

TIMEOUT_S = 3.0


def http(url: str) -> bool:
    """Whether `url` answers 2xx. Raises URLError (an OSError) on any other status and where nobody listens."""
    with urlopen(url, timeout=TIMEOUT_S) as response:
        return bool(200 <= response.status < 300)


def worker(redis_url: str, hostname: str) -> bool:
    """Whether an RQ worker of this host is registered; a worker that stops beating drops out. Raises RedisError."""
    from redis import Redis  # imported here so that the API's check, run every few seconds, stays cheap
    from rq import Worker

    with Redis.from_url(redis_url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S) as connection:
        return any(found.hostname == hostname for found in Worker.all(connection=connection, serializer="json"))


def main(arguments: list[str]) -> bool:
    """Answers the command line. An error is left to end the process: status 1, its text in `docker inspect`."""
    match arguments:
        case ["http", url]:
            return http(url)
        case ["worker"]:
            return worker(os.environ["REDIS_URL"], socket.gethostname())
        case _:
            sys.exit("usage: healthcheck.py http URL | worker")


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
