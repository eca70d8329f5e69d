"""What the worker processes read from the environment, in one place. Knows nothing of RQ or the pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class WorkerSettings(BaseSettings):
    """Environment variables `DESKCHECK_<FIELD>`; Redis also as plain `REDIS_URL`."""

    model_config = SettingsConfigDict(
        env_prefix="DESKCHECK_", frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    redis_url: str = Field(
        default="redis://127.0.0.1:6379/0", validation_alias=AliasChoices("DESKCHECK_REDIS_URL", "REDIS_URL")
    )
    """`redis://host:port/db`, `rediss://…` or `unix:///path?db=0`."""
    engine_url: str = "http://127.0.0.1:8001/v1"
    """Base URL of the OpenAI HTTP API: vLLM, or `python -m workers.engine`."""
    engine_api_key: str | None = None
    model: str | None = None
    """Model name sent to the engine; None takes the manifest's name."""
    checkpoint: Path | None = None
    """Folder whose manifest says prompt style, context length and what was measured; None for a plain chat model."""
    style: Literal["chat", "tagged"] = "chat"
    """Prompt style where there is no checkpoint folder."""
    context_length: int = Field(default=8192, gt=0)
    """Tokens, where there is no checkpoint folder."""
    request_timeout_s: float = Field(default=300.0, gt=0)
    """For one request to the engine."""

    solve_workers: int = Field(default=2, ge=1)
    """One solve job each; a job keeps all its simulations in flight at once."""
    predict_workers: int = Field(default=8, ge=1)
    """One predict job each. To fill the engine from single predictions this must reach its batch size (8 in the
    embedded engine); a worker costs about 45 MB resident, of which 8 MB are its own, and a running job forks it."""
    heartbeat_s: int = Field(default=5, ge=1)
    """A running job's worker says so this often."""
    reap_every_s: float = Field(default=2.0, gt=0)
    reap_grace_s: float = Field(default=10.0, gt=0)
    """Silence beyond one heartbeat after which a run counts as abandoned; must not be below `heartbeat_s`."""
    shutdown_grace_s: float = Field(default=10.0, ge=0)
    """After SIGTERM running jobs may go on this long; what is left is run again after the next start."""
