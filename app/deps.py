"""What handlers ask for: the objects that `main.create_app` made and put on the application's state."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from prometheus_client import CollectorRegistry

from app.queue import JobStore
from app.settings import AppSettings


def _store(request: Request) -> JobStore:
    store: JobStore = request.app.state.store
    return store


def _settings(request: Request) -> AppSettings:
    settings: AppSettings = request.app.state.settings
    return settings


def _registry(request: Request) -> CollectorRegistry:
    registry: CollectorRegistry = request.app.state.registry
    return registry


StoreDep = Annotated[JobStore, Depends(_store)]
SettingsDep = Annotated[AppSettings, Depends(_settings)]
RegistryDep = Annotated[CollectorRegistry, Depends(_registry)]
