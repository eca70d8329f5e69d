"""The API by itself. Its Redis does not exist: a request that passes every check is answered 503, a bad one 4xx."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import AppSettings


@pytest.fixture
def application(tmp_path: Path) -> FastAPI:
    settings = AppSettings(
        redis_url=f"unix://{tmp_path}/none.sock", engine_url="http://127.0.0.1:9/v1", body_timeout_s=0.5
    )
    return create_app(settings)


@pytest.fixture
def client(application: FastAPI) -> Iterator[TestClient]:
    with TestClient(application, raise_server_exceptions=False) as opened:
        yield opened
