from __future__ import annotations

import asyncio

import pytest

from workers.pipeline.gather import gather

pytestmark = pytest.mark.anyio


async def test_results_keep_their_order() -> None:
    async def later(value: int) -> int:
        await asyncio.sleep(0.01 / (value + 1))
        return value

    assert await gather(later(value) for value in range(5)) == list(range(5))


async def test_one_failure_cancels_the_rest_and_is_raised_as_itself() -> None:
    cancelled = []

    async def wait(name: str) -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.append(name)
            raise

    async def fail() -> None:
        await asyncio.sleep(0)
        raise KeyError("boom")

    with pytest.raises(KeyError, match="boom"):
        await gather([wait("a"), fail(), wait("b")])
    assert sorted(cancelled) == ["a", "b"]  # in no particular order
