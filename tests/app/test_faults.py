"""A fault of our own is a 500 problem: no traceback for the client, all of it for the log."""

from __future__ import annotations

import logging

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.app.test_bad_requests import check_problem


def test_an_unexpected_error_shows_nothing_of_itself(
    application: FastAPI, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    @application.get("/broken")
    def broken() -> None:
        raise RuntimeError("secret")

    with caplog.at_level(logging.ERROR):
        answer = client.get("/broken")
    check_problem(answer, 500)
    assert "secret" not in answer.text
    assert "secret" in caplog.text
    assert answer.json()["request_id"] in caplog.text
