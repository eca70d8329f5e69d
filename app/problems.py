"""Errors as RFC 9457 problem documents: the table of problems, the exception that carries one, and the handlers.

A document never quotes the request's values or a traceback; it carries the request id, which the log has too.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from app.metrics import Rejections

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5
PROBLEMS: Mapping[str, tuple[int, str]] = {
    "invalid-json": (400, "The body is not JSON that this service reads"),
    "body-timeout": (408, "The body did not arrive in time"),
    "body-too-large": (413, "The body is too large"),
    "not-json": (415, "The body must be application/json"),
    "invalid-request": (422, "The request breaks a rule of this API"),
    "queue-full": (429, "Too many jobs are waiting"),
    "not-found": (404, "There is nothing at this address"),
    "method-not-allowed": (405, "This address does not take that method"),
    "http-error": (400, "The request cannot be answered"),
    "internal": (500, "A fault of the service"),
    "redis-unavailable": (503, "The job store cannot be reached"),
    "not-ready": (503, "The service cannot run jobs now"),
}
"""Slug → status and title. The slug ends the problem's type URI and labels the rejection counter."""
_BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}


class ProblemError(HTTPException):
    """Raise to answer with a problem document; `extra` become members of it."""

    def __init__(
        self, slug: str, detail: str, *, retry_after: int | None = None, hang_up: bool = False, **extra: Any
    ) -> None:
        """`hang_up` closes the connection after the answer, for a body that nobody is going to read."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        headers |= {"Connection": "close"} if hang_up else {}
        super().__init__(PROBLEMS[slug][0], detail, headers)
        self.slug = slug
        self.extra = extra


def document(slug: str, status: int, title: str, detail: str, **members: Any) -> dict[str, Any]:
    """The members of a problem document (RFC 9457 section 3); `type` is a URN, as nothing is served under it."""
    return {"type": f"urn:deskcheck:problem:{slug}", "title": title, "status": status, "detail": detail, **members}


def _answer(
    request: Request,
    slug: str,
    detail: str,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Response:
    code, title = PROBLEMS[slug]
    request_id = getattr(request.state, "request_id", "")
    where = {"instance": request.url.path, "request_id": request_id}
    body = document(slug, status or code, title, detail, **where, **members)
    rejections: Rejections = request.app.state.rejections
    rejections.count(slug)
    content = json.dumps(body)  # ASCII only: a lone surrogate in a field name must not break the answer
    return Response(content, status or code, {**(headers or {}), "X-Request-Id": request_id}, MEDIA_TYPE)


async def _on_http(request: Request, error: Exception) -> Response:
    """Anything raised as HTTPException: our own problems, and the framework's 404, 405, 413 …"""
    assert isinstance(error, HTTPException)
    if isinstance(error, ProblemError):
        return _answer(request, error.slug, error.detail, headers=error.headers, **error.extra)
    slug = _BY_STATUS.get(error.status_code, "http-error")
    detail = f"{HTTPStatus(error.status_code).phrase}: {request.method} {request.url.path}"
    return _answer(request, slug, detail, status=error.status_code, headers=error.headers)


async def _on_validation(request: Request, error: Exception) -> Response:
    """A body or parameter that breaks the schema: where and why, never the offending value."""
    assert isinstance(error, RequestValidationError)
    errors = [{"where": _where(e["loc"]), "why": e["msg"][:300]} for e in error.errors()[:20]]
    detail = f"{errors[0]['where']}: {errors[0]['why']}" if errors else "invalid request"
    return _answer(request, "invalid-request", detail, errors=errors)


def _where(loc: tuple[int | str, ...]) -> str:
    return "/".join(str(part)[:50] for part in loc)


async def _on_redis(request: Request, error: Exception) -> Response:
    log.error("redis: %s", error)
    detail = "Nothing was lost that was accepted; try again."
    return _answer(request, "redis-unavailable", detail, headers={"Retry-After": str(RETRY_SECONDS)})


async def _on_fault(request: Request, error: Exception) -> Response:
    log.error("request %s failed", getattr(request.state, "request_id", ""), exc_info=error)
    return _answer(request, "internal", "The fault is in the service's log under this request id.")


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem document."""
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(RedisError, _on_redis)
    app.add_exception_handler(Exception, _on_fault)
