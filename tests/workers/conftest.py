"""A real Redis, empty for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from tests.service.processes import RedisServer, own_redis


@pytest.fixture(scope="package")
def redis_server() -> Iterator[RedisServer]:
    with own_redis() as server:
        yield server


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[Redis]:
    with Redis.from_url(redis_server.url) as connection:
        connection.flushall()
        yield connection
