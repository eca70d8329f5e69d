"""The job resource: solve, predict, read, cancel."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool

from app import examples
from app.body import StrictRoute
from app.deps import SettingsDep, StoreDep
from app.problems import MEDIA_TYPE, PROBLEMS, RETRY_SECONDS, ProblemError, document
from app.queue import JobStore, JobView, QueueFull, UnknownJob
from app.schemas import (
    AcceptedOut,
    JobOut,
    Links,
    PredictConfigIn,
    PredictIn,
    PredictionOut,
    Problem9457,
    RequestProblem,
    SolveIn,
)
from workers.pipeline.types import SolveResult
from workers.wire import FAILURES, OUTCOMES, Kind

router = APIRouter(route_class=StrictRoute)

_SOLVE_RESULT = TypeAdapter(SolveResult)
_PREFER_WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,6})(?:$|[,;\s])")
_POLL_FIRST_S, _POLL_MOST_S = 0.02, 0.25

JobId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="as given when the job was accepted")]


def _problems(*slugs: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the problems a route can answer with."""
    content = {MEDIA_TYPE: {"schema": RequestProblem.model_json_schema(), "example": examples.PROBLEM}}
    return {PROBLEMS[slug][0]: {"description": PROBLEMS[slug][1], "content": content} for slug in slugs}


_BODY_PROBLEMS = ("invalid-json", "body-timeout", "body-too-large", "not-json", "invalid-request", "queue-full",
                  "redis-unavailable")  # fmt: skip
_JOB_PROBLEMS = ("not-found", "invalid-request", "redis-unavailable")


def _failures() -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for what a job can end in, where the job's end is the answer."""
    ends = dict(FAILURES.values()) | {409: "The job was cancelled"}
    content = {MEDIA_TYPE: {"schema": Problem9457.model_json_schema()}}
    return {status: {"description": title, "content": content} for status, title in sorted(ends.items())}


_ACCEPTED: dict[str, Any] = {
    "description": "The job was accepted: its address is in `Location`, look again after `Retry-After` seconds",
    "model": AcceptedOut,
    "content": {"application/json": {"example": examples.ACCEPTED}},
}
_JOB: dict[str, Any] = {"description": "The job", "content": {"application/json": {"example": examples.JOB}}}


@router.post(
    "/solve", status_code=202, response_model=AcceptedOut, responses={202: _ACCEPTED, **_problems(*_BODY_PROBLEMS)}
)
async def solve(
    body: Annotated[
        SolveIn,
        Body(openapi_examples={"function": {"value": examples.SOLVE}, "stdio": {"value": examples.SOLVE_STDIO}}),
    ],
    store: StoreDep,
) -> Response:
    """Sample programs for a problem, simulate them on its tests, rank and repair them: a job.

    A job that waits in the queue longer than the service's limit (DESKCHECK_QUEUED_LIMIT_S, 600 s by default) expires.
    """
    return _accepted(await _submit(store, "solve", body.model_dump()))


@router.post(
    "/predict-output",
    response_model=PredictionOut,
    responses={
        200: {"description": "The prediction", "content": {"application/json": {"example": examples.PREDICTION}}},
        202: _ACCEPTED,
        **_failures(),
        **_problems(*_BODY_PROBLEMS),
    },
)
async def predict_output(
    body: Annotated[PredictIn, Body(openapi_examples={"function": {"value": examples.PREDICT}})],
    request: Request,
    store: StoreDep,
    settings: SettingsDep,
    prefer: Annotated[str, Header(description="`wait=N`: seconds to wait for the answer (RFC 7240)")] = "",
) -> Response:
    """What does this program do on this input? Waits a bounded time for the answer, else answers with the job."""
    match = _PREFER_WAIT.search(prefer)
    wait_s = min(float(match[1]), settings.predict_wait_max_s) if match else settings.predict_wait_s
    usual = body.config == PredictConfigIn()  # then it is left out: workers of an earlier version know none
    job = await _submit(store, "predict", body.model_dump(exclude={"config"} if usual else None))
    job = await _await_end(store, job, wait_s)
    if job.status not in OUTCOMES:
        return _accepted(job)
    if job.status != "succeeded":
        error = {**_error(job), "request_id": request.state.request_id}
        return JSONResponse(error, error["status"], media_type=MEDIA_TYPE)
    return JSONResponse(PredictionOut.model_validate(job.result).model_dump(mode="json"))


@router.get("/jobs/{job_id}", responses={200: _JOB, **_problems(*_JOB_PROBLEMS)})
def read_job(job_id: JobId, store: StoreDep, response: Response) -> JobOut:
    """The job as it is now."""
    job = _found(store.read, job_id)
    if job.status not in OUTCOMES:
        response.headers["Retry-After"] = "1"
    return _job(job)


@router.post("/jobs/{job_id}/cancel", responses={200: _JOB, **_problems(*_JOB_PROBLEMS)})
def cancel_job(job_id: JobId, store: StoreDep) -> JobOut:
    """End the job unless it has ended: a waiting one never runs, a running one is stopped. May be repeated."""
    return _job(_found(store.cancel, job_id))


async def _submit(store: JobStore, kind: Kind, payload: Mapping[str, Any]) -> JobView:
    try:
        return await run_in_threadpool(store.submit, kind, payload)
    except QueueFull:
        raise ProblemError("queue-full", f"The {kind} queue is full; try again.", retry_after=RETRY_SECONDS) from None


async def _await_end(store: JobStore, job: JobView, wait_s: float) -> JobView:
    """The job once it has ended, or as it is after `wait_s`."""
    deadline = time.monotonic() + wait_s
    pause = _POLL_FIRST_S
    while job.status not in OUTCOMES and (left := deadline - time.monotonic()) > 0:
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, _POLL_MOST_S)
        job = await run_in_threadpool(store.read, job.id)
    return job


def _found(action: Any, job_id: str) -> JobView:
    try:
        view: JobView = action(job_id)
    except UnknownJob:
        raise ProblemError("not-found", "No job has this id, or it was dropped after its time.") from None
    return view


def _links(job: JobView) -> Links:
    return Links(self=f"/jobs/{job.id}", cancel=f"/jobs/{job.id}/cancel")


def _accepted(job: JobView) -> Response:
    body = AcceptedOut(id=job.id, kind=job.kind, status=job.status, links=_links(job))
    headers = {"Location": f"/jobs/{job.id}", "Retry-After": "1"}
    return JSONResponse(body.model_dump(mode="json"), 202, headers)


def _job(job: JobView) -> JobOut:
    result: SolveResult | PredictionOut | None = None
    if job.result is not None:
        reads = _SOLVE_RESULT if job.kind == "solve" else TypeAdapter(PredictionOut)
        result = reads.validate_python(job.result)
    error = Problem9457.model_validate(_error(job)) if job.status in ("failed", "expired") else None
    return JobOut(
        id=job.id,
        kind=job.kind,
        status=job.status,
        progress=dict(job.progress),
        result=result,
        error=error,
        links=_links(job),
    )


def _error(job: JobView) -> dict[str, Any]:
    """Why a job did not succeed, as a problem document."""
    instance = f"/jobs/{job.id}"
    if job.failure is not None:
        status, title = FAILURES[job.failure.slug]
        return document(job.failure.slug, status, title, job.failure.detail, instance=instance)
    if job.status == "cancelled":
        return document("cancelled", 409, "The job was cancelled", "Somebody cancelled it.", instance=instance)
    return document("expired", 503, "The job waited too long", "It did not start; submit it again.", instance=instance)
