"""Every RQ status, with and without an outcome, is one of the six states."""

from __future__ import annotations

from typing import get_args

import pytest
from rq.job import JobStatus

from app.states import Status, status
from workers.wire import OUTCOMES

LIMIT_S = 10.0


@pytest.mark.parametrize(
    ("rq_status", "state"),
    [
        (JobStatus.CREATED, "queued"),
        (JobStatus.QUEUED, "queued"),
        (JobStatus.DEFERRED, "queued"),
        (JobStatus.SCHEDULED, "queued"),
        (JobStatus.RATE_LIMITED, "queued"),
        (JobStatus.READY_TO_ENQUEUE, "queued"),
        (JobStatus.STARTED, "running"),
        (JobStatus.STOPPED, "cancelled"),
        (JobStatus.CANCELED, "cancelled"),
        (JobStatus.FAILED, "failed"),
        (JobStatus.FINISHED, "failed"),
    ],
)
def test_without_an_outcome_rq_decides(rq_status: JobStatus, state: Status) -> None:
    assert status(rq_status.value, None, 0.0, LIMIT_S) == state
    assert status(rq_status.value, None, LIMIT_S + 1, LIMIT_S) == ("expired" if state == "queued" else state)


@pytest.mark.parametrize("rq_status", list(JobStatus))
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_outcome_stands_whatever_rq_says(rq_status: JobStatus, outcome: Status) -> None:
    assert status(rq_status.value, outcome, 1e9, LIMIT_S) == outcome  # type: ignore[arg-type]


def test_the_states_are_those_promised() -> None:
    assert set(get_args(Status)) == {"queued", "running", *OUTCOMES}
