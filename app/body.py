"""Reading request bodies strictly: JSON of bounded size, time and depth, no NaN, no repeated keys. Knows no schema."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute

from app.problems import ProblemError
from workers.wire import LIMITS

_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
DRAINED_BYTES = 64 << 20
"""Of a body that is too large, so much is read and thrown away before it is refused."""
DRAIN_S, DRAIN_PAUSE_S = 10.0, 1.0
"""A sender that takes longer in all, or pauses longer, is not waited for."""


class _TooLargeError(Exception):
    """More bytes came than a body may have."""


class StrictRequest(Request):
    """A request whose body is JSON or a problem."""

    async def body(self) -> bytes:
        """The body. Raises ProblemError if it is too large, does not arrive in time or is of another media type."""
        if not hasattr(self, "_body"):
            if int(self.headers.get("content-length", "0")) > LIMITS.body_bytes:
                await self._refuse()
            try:
                async with asyncio.timeout(self.app.state.settings.body_timeout_s):
                    self._body = await self._read()
            except TimeoutError:
                detail = "The rest of the body did not arrive in time."
                raise ProblemError("body-timeout", detail, hang_up=True) from None
            except _TooLargeError:
                await self._refuse()
        media = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if self._body and media != "application/json":
            raise ProblemError("not-json", "Send Content-Type: application/json.")
        return self._body

    async def _read(self) -> bytes:
        """All chunks. Raises _TooLargeError with the first that is too many: nobody has to announce a length."""
        body = bytearray()
        async for chunk in self.stream():
            body += chunk
            if len(body) > LIMITS.body_bytes:
                raise _TooLargeError
        return bytes(body)

    async def _refuse(self) -> NoReturn:
        """Raise the problem, after the rest of a body that is only somewhat too large.

        Who hangs up on unread bytes resets the connection, and the sender loses the answer with it.
        """
        rest = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                chunks = self.stream()
                while rest <= DRAINED_BYTES:
                    async with asyncio.timeout(DRAIN_PAUSE_S):
                        rest += len(await anext(chunks, b"")) or DRAINED_BYTES + 1
        detail = f"A body has {LIMITS.body_bytes} bytes at most."
        raise ProblemError("body-too-large", detail, hang_up=True)

    async def json(self) -> Any:
        """The body as JSON values. Raises ProblemError on anything RFC 8259 does not promise to carry over."""
        return parse(await self.body())


class StrictRoute(APIRoute):
    """Route class that reads its requests as StrictRequest."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler, given a StrictRequest."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handler(StrictRequest(request.scope, request.receive))

        return strict


def parse(body: bytes) -> Any:
    """JSON text → values. Raises ProblemError `invalid-json`."""
    try:
        text = body.decode("utf-8")
        if _depth(text) > LIMITS.json_depth:  # before the recursive parser sees it
            raise ProblemError("invalid-json", f"Values are nested more than {LIMITS.json_depth} deep.")
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_repeats)
    except ValueError as error:  # also UnicodeDecodeError, JSONDecodeError, integers of thousands of digits
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise ProblemError("invalid-json", f"Not valid JSON{where}.") from None


def _depth(text: str) -> int:
    """Deepest nesting of brackets outside strings."""
    depth = deepest = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key is repeated")
    return values
