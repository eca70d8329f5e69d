"""The API process: `python -m uvicorn app.main:create_app --factory`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app import problems
from app.metrics import JobCollector, Rejections
from app.queue import JobStore
from app.requestid import RequestId
from app.routes import health, jobs
from app.settings import AppSettings


def create_app(settings: AppSettings | None = None) -> FastAPI:
    """The application; settings come from the environment unless given. Connects to nothing yet."""
    settings = settings or AppSettings()
    app = FastAPI(
        title="Deskcheck",
        summary="Writes programs and checks them by simulating their execution; runs none.",
        version=_version(),
        lifespan=_lifespan,
    )
    redis = Redis.from_url(
        settings.redis_url,
        socket_timeout=settings.redis_timeout_s,
        socket_connect_timeout=settings.redis_timeout_s,
        retry=Retry(NoBackoff(), 1),  # once, for a connection gone stale; waiting longer is the caller's choice (503)
    )
    app.state.settings = settings
    app.state.store = JobStore(redis, settings)
    app.state.registry = CollectorRegistry()
    app.state.registry.register(JobCollector(app.state.store))
    app.state.rejections = Rejections(app.state.registry, problems.PROBLEMS)
    app.include_router(jobs.router)
    app.include_router(health.router)
    problems.install(app)
    app.add_middleware(RequestId)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.store.close()


def _version() -> str:
    try:
        return version("deskcheck")
    except PackageNotFoundError:  # a checkout that was not installed
        return "0"
