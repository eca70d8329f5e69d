"""What the API reads from the environment, in one place."""

from __future__ import annotations

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class AppSettings(BaseSettings):
    """Environment variables `DESKCHECK_<FIELD>`; Redis also as plain `REDIS_URL`."""

    model_config = SettingsConfigDict(
        env_prefix="DESKCHECK_", frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    redis_url: str = Field(
        default="redis://127.0.0.1:6379/0", validation_alias=AliasChoices("DESKCHECK_REDIS_URL", "REDIS_URL")
    )
    redis_timeout_s: float = Field(default=5.0, gt=0)
    """For one Redis command, connecting included; beyond it the answer is 503."""
    engine_url: str = "http://127.0.0.1:8001/v1"
    """Only probed, for `/readyz`; the workers are the ones that use it."""
    engine_api_key: str | None = None
    queue_limit: int = Field(default=1000, ge=1)
    """Jobs that may wait in one queue; beyond it new ones are refused with 429."""
    queued_limit_s: float = Field(default=600.0, gt=0)
    """A job that waits longer than this expires and never runs."""
    solve_limit_s: float = Field(default=900.0, gt=0)
    """A solve job that runs longer fails."""
    predict_limit_s: float = Field(default=120.0, gt=0)
    predict_wait_s: float = Field(default=10.0, ge=0)
    """How long `POST /predict-output` waits before it answers 202, unless `Prefer: wait=N` says otherwise."""
    predict_wait_max_s: float = Field(default=60.0, ge=0)
    keep_s: int = Field(default=86_400, ge=1)
    """Ended jobs, whatever their outcome, can be read this long."""
    retries: int = Field(default=1, ge=0)
    """How often a job whose worker died is run again before it fails."""
    body_timeout_s: float = Field(default=30.0, gt=0)
    """For a client to send its whole request body."""
    lost_after_s: float = Field(default=60.0, gt=0)
    """A running job not heard of for this long fails if no worker of its kind is alive, so none will run it again."""
    worker_silence_s: float = Field(default=20.0, gt=0)
    """A worker not heard of for this long does not count as alive."""
