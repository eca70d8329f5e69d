"""Is the process alive, can it do its work, and what does it count?"""

from __future__ import annotations

import httpx
from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from redis.exceptions import RedisError
from starlette.concurrency import run_in_threadpool

from app.deps import RegistryDep, SettingsDep, StoreDep
from app.problems import RETRY_SECONDS, ProblemError
from app.queue import JobStore
from app.settings import AppSettings
from workers.wire import KINDS

router = APIRouter()

_PROBE_SECONDS = 2.0


class Health(BaseModel):
    """Always the same; that it arrives is the message."""

    status: str = "ok"


class Readiness(BaseModel):
    """What the service needs to run jobs."""

    redis: bool
    workers: dict[str, int]
    """Live workers of each queue."""
    engine: bool


@router.get("/healthz")
async def healthz() -> Health:
    """The process answers."""
    return Health()


@router.get("/readyz", responses={503: {"description": "Something is missing; `checks` says what"}})
async def readyz(store: StoreDep, settings: SettingsDep) -> Readiness:
    """Redis answers, each queue has a live worker, the engine answers."""
    workers = await run_in_threadpool(_workers, store)
    ready = Readiness(redis=workers is not None, workers=workers or {}, engine=await _engine_answers(settings))
    missing = [name for name, here in (("redis", ready.redis), ("engine", ready.engine)) if not here]
    missing += [f"{kind} worker" for kind in KINDS if ready.redis and not ready.workers.get(kind)]
    if missing:
        detail = f"Missing: {', '.join(missing)}."
        raise ProblemError("not-ready", detail, retry_after=RETRY_SECONDS, checks=ready.model_dump())
    return ready


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(registry: RegistryDep) -> Response:
    """Prometheus text format."""
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _workers(store: JobStore) -> dict[str, int] | None:
    try:
        return {kind: store.queue_state(kind).workers for kind in KINDS}
    except RedisError:
        return None


async def _engine_answers(settings: AppSettings) -> bool:
    """`GET /v1/models`, which vLLM and the embedded engine both have and which costs no tokens."""
    key = settings.engine_api_key
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    url = settings.engine_url.rstrip("/")
    url = url if url.endswith("/v1") else f"{url}/v1"
    try:
        async with httpx.AsyncClient(timeout=_PROBE_SECONDS) as client:
            answer = await client.get(f"{url}/models", headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
    return answer.is_success
