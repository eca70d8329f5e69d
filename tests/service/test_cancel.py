"""Cancelling: a waiting job never runs, a running one lets go of the engine, an ended one stays as it is."""

from __future__ import annotations

from tests.service.conftest import PREDICT, SOLVE, Service, ended, status
from tests.service.processes import wait_for

NO_WAIT = {"Prefer": "wait=0"}


def test_cancelling_a_running_job_frees_the_engine(service: Service) -> None:
    service.engine.hold.set()
    client = service.client()
    job_id = client.post("/solve", json=SOLVE).json()["id"]
    wait_for(lambda: service.engine.waiting == 2, 10)
    answer = client.post(f"/jobs/{job_id}/cancel")
    assert answer.status_code == 200
    assert answer.json()["status"] == "cancelled"
    wait_for(lambda: service.engine.gone == 2 and service.engine.waiting == 0, 5, "the engine to be freed")
    assert client.post(f"/jobs/{job_id}/cancel").json() == client.get(f"/jobs/{job_id}").json()
    service.engine.hold.clear()
    assert ended(client, client.post("/solve", json=SOLVE).json()["id"])["status"] == "succeeded"
    assert status(client, job_id) == "cancelled"


def test_a_running_job_ends_although_the_stop_message_is_lost(service: Service) -> None:
    service.engine.hold.set()
    client = service.client()
    job_id = client.post("/predict-output", json=PREDICT, headers=NO_WAIT).json()["id"]
    wait_for(lambda: service.engine.waiting, 10)
    with service.connection() as redis:
        assert redis.pubsub_channels(b"rq:pubsub:*")
        redis.hset(f"rq:job:{job_id}", "worker_name", "nobody")  # where the message goes
    client.post(f"/jobs/{job_id}/cancel")
    wait_for(lambda: service.engine.gone == 1, 5, "the engine to be freed")
    assert status(client, job_id) == "cancelled"


def test_a_cancelled_waiting_job_never_runs(service: Service) -> None:
    service.engine.hold.set()
    client = service.client()
    first, second = (client.post("/predict-output", json=PREDICT, headers=NO_WAIT).json()["id"] for _ in range(2))
    wait_for(lambda: service.engine.waiting, 10)  # the one predict worker is busy with the first
    assert client.post(f"/jobs/{second}/cancel").json()["status"] == "cancelled"
    service.engine.hold.clear()
    assert ended(client, first)["status"] == "succeeded"
    assert service.engine.requests == 1
    assert status(client, second) == "cancelled"


def test_a_job_cancelled_while_a_worker_takes_it_does_not_start(service: Service) -> None:
    service.engine.hold.set()
    client = service.client()
    first, second = (client.post("/predict-output", json=PREDICT, headers=NO_WAIT).json()["id"] for _ in range(2))
    wait_for(lambda: service.engine.waiting, 10)
    client.post(f"/jobs/{second}/cancel")
    with service.connection() as redis:
        redis.lpush("rq:queue:predict", second)  # as if the worker had popped it just before
    service.engine.hold.clear()
    ended(client, first)
    with service.connection() as redis:
        wait_for(lambda: redis.hget(f"rq:job:{second}", "status") == b"finished", 10, "the worker to be done with it")
    assert service.engine.requests == 1
    assert status(client, second) == "cancelled"


def test_an_ended_job_stays_what_it_is(service: Service) -> None:
    client = service.client()
    job_id = client.post("/predict-output", json=PREDICT, headers=NO_WAIT).json()["id"]
    before = ended(client, job_id)
    assert client.post(f"/jobs/{job_id}/cancel").json() == before
