"""From what Redis says of a job to one of six states. Pure; a table test covers every case."""

from __future__ import annotations

from typing import Literal

from workers.wire import Outcome

Status = Literal["queued", "running", "succeeded", "failed", "cancelled", "expired"]

_UNSETTLED: dict[str, Status] = {
    "created": "queued",
    "queued": "queued",
    "deferred": "queued",
    "scheduled": "queued",
    "rate_limited": "queued",
    "ready_to_enqueue": "queued",
    "started": "running",
    "stopped": "cancelled",
    "canceled": "cancelled",
    "failed": "failed",
    # A run that ends without an outcome was not ended by our job body.
    "finished": "failed",
}
"""Every RQ status, for jobs without an outcome. Final ones occur where somebody acted on RQ behind our back."""


def status(rq_status: str, outcome: Outcome | None, waited_s: float, limit_s: float) -> Status:
    """State of a job: its outcome if it has one, else by RQ's status; waiting beyond the limit is `expired`."""
    if outcome is not None:
        return outcome
    state = _UNSETTLED[rq_status]
    return "expired" if state == "queued" and waited_s > limit_s else state
