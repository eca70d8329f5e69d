"""What others see of a running job: its phase and counts, kept in RQ's job meta."""

from __future__ import annotations

from typing import Any

from rq.job import Job

from workers.pipeline.solve import Event


class Progress:
    """Takes the pipeline's events, which are many; `save` writes the newest, if it is new.

    Shape: {"phase": "simulate", "round": 1, "phases": {"sample": {"done": 8, "total": 8}, "simulate": …}}, where the
    counts are those of the phase's current or last round.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._phases: dict[str, dict[str, int]] = {}
        self._now: dict[str, Any] | None = None

    def __call__(self, event: Event) -> None:
        """Take one event. Replaces what is shown at a stroke, so that `save` may run in another thread."""
        self._phases = {**self._phases, event.phase: {"done": event.done, "total": event.total}}
        self._now = {"phase": event.phase, "round": event.round, "phases": self._phases}

    def save(self) -> None:
        """Write the progress to Redis unless it is there already. Raises RedisError."""
        now = self._now
        if now is not None and now != self._job.meta.get("progress"):
            self._job.meta["progress"] = now
            self._job.save_meta()  # type: ignore[no-untyped-call]
