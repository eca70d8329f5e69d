"""The model that the settings name, as the pipeline wants it: from a checkpoint's manifest, or a plain chat model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from workers.pipeline.errors import CheckpointError
from workers.pipeline.manifest import read_manifest
from workers.pipeline.model import Model
from workers.pipeline.openai import OpenAICompleter
from workers.settings import WorkerSettings


@asynccontextmanager
async def open_model(settings: WorkerSettings) -> AsyncIterator[Model]:
    """The model with its connections, which are closed at the end. Asks nothing of the server yet.

    Raises CheckpointError where the checkpoint cannot be spoken to or nothing names a model, InputError for a bad URL.
    """
    manifest = None if settings.checkpoint is None else read_manifest(settings.checkpoint)
    name = settings.model or (manifest.name if manifest else None)
    if name is None:
        raise CheckpointError("which model? Set DESKCHECK_CHECKPOINT, or DESKCHECK_MODEL to the engine's name for it")
    key, timeout = settings.engine_api_key, settings.request_timeout_s
    async with OpenAICompleter(settings.engine_url, name, key, timeout=timeout) as completer:
        if manifest is None:
            yield Model(completer, settings.style, settings.context_length, name=name)
        else:
            style, context = manifest.prompt_style, manifest.context_length
            yield Model(completer, style, context, manifest.calibration, name, manifest.belief, manifest.others)
