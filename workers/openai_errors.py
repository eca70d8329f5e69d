"""What the engine refuses, as OpenAI's error object: `{"error": {"message", "type", "param", "code"}}`.

Knows which exception means which status, and nothing of how requests are served.
"""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from workers.batcher import Busy, Closed
from workers.pipeline.errors import ContextLengthError, InputError


class UnknownModel(Exception):
    """The request names a model that is not served here."""


def map_errors(app: FastAPI) -> None:
    """Each refusal as OpenAI's error object."""

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"] if part != "body")
        return _refusal(400, "BadRequestError", f"{field or 'body'}: {first['msg']}", param=field or None)

    @app.exception_handler(ContextLengthError)
    async def too_long(_request: Request, error: ContextLengthError) -> Response:
        return _refusal(400, "BadRequestError", str(error), "context_length_exceeded")

    @app.exception_handler(InputError)
    async def unusable(_request: Request, error: InputError) -> Response:
        return _refusal(400, "BadRequestError", str(error))

    @app.exception_handler(UnknownModel)
    async def unknown(_request: Request, error: UnknownModel) -> Response:
        return _refusal(404, "NotFoundError", f"The model `{error}` does not exist.", param="model")

    @app.exception_handler(Busy)
    async def busy(_request: Request, _error: Busy) -> Response:
        return _later(_refusal(429, "RateLimitError", "The engine's queue is full: try again."))

    @app.exception_handler(Closed)
    async def closed(_request: Request, _error: Closed) -> Response:
        return _later(_refusal(503, "ServiceUnavailableError", "The engine is shutting down."))


def _later(response: Response) -> Response:
    response.headers["Retry-After"] = "1"
    return response


def _refusal(status: int, kind: str, message: str, code: str | None = None, param: str | None = None) -> JSONResponse:
    error = {"message": message, "type": kind, "param": param, "code": code or status}
    return JSONResponse({"error": error}, status_code=status)
