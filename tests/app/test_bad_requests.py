"""Whatever a client sends, it gets a 4xx problem document and the service stays up."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import examples
from workers.wire import LIMITS

JSON = {"Content-Type": "application/json"}
SOLVE = json.dumps(examples.SOLVE)


def solve(**changes: Any) -> bytes:
    """The example with some fields of its problem changed."""
    return json.dumps({"problem": examples.SOLVE["problem"] | changes}).encode()


def config(**values: Any) -> bytes:
    return json.dumps({"problem": examples.SOLVE["problem"], "config": values}).encode()


def io_tests(*inputs: str) -> list[dict[str, str]]:
    return [{"input": text, "output": "0"} for text in inputs]


BAD = {
    "empty statement": (422, solve(statement="")),
    "blank statement": (422, solve(statement=" \n\t")),
    "long statement": (422, solve(statement="x" * (LIMITS.statement + 1))),
    "1,000 tests": (422, solve(public_tests=io_tests(*map(str, range(1000))))),
    "long test": (422, solve(public_tests=io_tests(f"'{'x' * LIMITS.test_text}'"))),
    "long tests together": (
        422,
        solve(public_tests=io_tests(*(f"{i}, '{'x' * (LIMITS.test_text - 9)}'" for i in range(12)))),
    ),
    "the same input twice": (422, solve(public_tests=io_tests("1", "1"))),
    "NUL in the statement": (422, solve(statement="a\0b")),
    "NUL in a test": (422, solve(public_tests=io_tests("'\0'"))),
    "NUL in a field name": (422, solve(**{"a\0": 1})),
    "raw NUL in the body": (400, b'{"problem": "\0"}'),
    "lone surrogate": (422, solve(statement="a\ud800b")),
    "lone surrogate in a field name": (422, solve(**{"\ud800": 1})),
    "unknown field": (422, solve(private_tests=[])),
    "unknown field of the config": (422, config(temprature=1)),
    "unknown field at the top": (422, json.dumps(examples.SOLVE | {"x": 1}).encode()),
    "number for text": (422, solve(statement=5)),
    "text for a number": (422, config(candidates="8")),
    "bool for a number": (422, config(candidates=True)),
    "fraction for a count": (422, config(candidates=2.5)),
    "null for a number": (422, config(rounds=None)),
    "object for a list": (422, solve(public_tests={})),
    "list for an object": (422, b"[]"),
    "no problem": (422, b"{}"),
    "null": (422, b"null"),
    "no body": (422, b""),
    "0 candidates": (422, config(candidates=0)),
    "too many candidates": (422, config(candidates=LIMITS.candidates + 1)),
    "too many simulations": (
        422,
        json.dumps(
            {
                "problem": examples.SOLVE["problem"] | {"public_tests": io_tests(*map(str, range(100)))},
                "config": {"candidates": 64, "votes": 16},
            }
        ).encode(),
    ),
    "too many simulations, all of new programs": (
        422,
        json.dumps(
            {
                "problem": examples.SOLVE["problem"] | {"public_tests": io_tests(*map(str, range(100)))},
                "config": {"candidates": 1, "repairs": 1, "repair_samples": 1, "rounds": 8, "resamples": 16, "votes": 2}
            }
        ).encode(),
    ),
    "too many new programs": (422, config(resamples=LIMITS.resamples + 1)),
    "huge integer": (422, config(seed=10**300)),
    "integer of 10,000 digits": (400, b'{"problem": ' + b"9" * 10_000 + b"}"),
    "NaN": (400, SOLVE.replace('"seed": 0', '"temperature": NaN').encode()),
    "Infinity": (400, SOLVE.replace('"seed": 0', '"temperature": Infinity').encode()),
    "a float beyond all floats": (422, SOLVE.replace('"seed": 0', '"temperature": 1e999').encode()),
    "repeated key": (400, b'{"problem": 1, "problem": 2}'),
    "nested lists": (400, b"[" * 100_000),
    "nested objects": (400, b'{"a":' * 100_000),
    "deeper than allowed": (400, b"[" * (LIMITS.json_depth + 1) + b"]" * (LIMITS.json_depth + 1)),
    "deep test input": (422, solve(public_tests=io_tests("[" * 5000 + "]" * 5000))),
    "cut off": (400, SOLVE[:-1].encode()),
    "not UTF-8": (400, b'{"problem": "\xff"}'),
    "a byte order mark": (400, b"\xef\xbb\xbf" + SOLVE.encode()),
    "entry point with a blank": (422, solve(entry_point="a b")),
    "entry point that is a keyword": (422, solve(entry_point="class")),
    "entry point that is code": (422, solve(entry_point="f(1)")),
    "function without entry point": (422, solve(entry_point=None)),
    "stdio with entry point": (422, solve(io="stdio")),
    "unknown io": (422, solve(io="files")),
    "input that does not parse": (422, solve(public_tests=io_tests("[1, 2"))),
    "input that leaves the call": (422, solve(public_tests=io_tests("1), g(2"))),
    "input that goes on after the call": (422, solve(public_tests=io_tests("1) + f(2"))),
    "negative tolerance": (422, solve(public_tests=[{"input": "1", "output": "1", "tol": -1}])),
}


def check_problem(answer: Any, status: int) -> None:
    """It is a problem document as RFC 9457 has it, with the request id, and tells no internals."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:deskcheck:problem:")
    assert body["title"]
    assert body["detail"]
    assert body["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text
    assert len(answer.content) < 20_000


@pytest.mark.parametrize(("status", "body"), BAD.values(), ids=BAD.keys())
def test_a_bad_solve_request_is_a_problem(client: TestClient, status: int, body: bytes) -> None:
    check_problem(client.post("/solve", content=body, headers=JSON), status)
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(
    "changes",
    [
        {"code": ""},
        {"code": "x" * (LIMITS.code + 1)},
        {"code": "\0"},
        {"input": "1)"},
        {"io": "x"},
        {"n": 1},
        {"io": "stdio"},
        {"config": None},
        {"config": []},
        {"config": {"votes": 0}},
        {"config": {"votes": LIMITS.votes + 1}},
        {"config": {"votes": "2"}},
        {"config": {"seed": -1}},
        {"config": {"top_p": 0}},
        {"config": {"vote_temperature": 3}},
        {"config": {"max_narrative_tokens": 0}},
        {"config": {"max_narrative_tokens": LIMITS.narrative_tokens + 1}},
        {"config": {"max_tokens": 5}},
        {"config": {"candidates": 5}},
    ],
)
def test_a_bad_prediction_request_is_a_problem(client: TestClient, changes: dict[str, Any]) -> None:
    check_problem(client.post("/predict-output", json=examples.PREDICT | changes), 422)


def test_a_bad_config_is_told_by_its_field(client: TestClient) -> None:
    wrong = {"rounds": 2, "max_narrative_tokens": 0}
    body = client.post("/predict-output", json=examples.PREDICT | {"config": wrong}).json()
    assert {error["where"] for error in body["errors"]} == {f"body/config/{name}" for name in wrong}


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("GET", "/nowhere", {}, b"", 404),
        ("GET", "/solve", {}, b"", 405),
        ("DELETE", "/jobs/0123456789abcdef0123456789abcdef", {}, b"", 405),
        ("POST", "/solve", {"Content-Type": "text/plain"}, SOLVE.encode(), 415),
        ("POST", "/solve", {"Content-Type": "multipart/form-data; boundary=x"}, SOLVE.encode(), 415),
        ("POST", "/solve", {}, SOLVE.encode(), 415),
        ("GET", "/jobs/..%2f..%2fetc", {}, b"", 404),
        ("GET", "/jobs/no-id", {}, b"", 422),
        ("POST", "/jobs/%00/cancel", {}, b"", 422),
        ("POST", "/solve", JSON, b"x" * (LIMITS.body_bytes + 1), 413),
    ],
)
def test_wrong_addresses_methods_and_bodies(
    client: TestClient, method: str, path: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    check_problem(client.request(method, path, headers=headers, content=body), status)


def test_good_requests_pass_every_check_and_then_miss_redis(client: TestClient) -> None:
    for path, body in (
        ("/solve", examples.SOLVE),
        ("/solve", examples.SOLVE_STDIO),
        (
            "/solve",
            {"problem": examples.SOLVE["problem"] | {"public_tests": io_tests("k=1, *[2], s='\\d'", "float('inf')")}},
        ),
        ("/predict-output", examples.PREDICT),
        ("/predict-output", {"code": "print(input())", "input": "a\nb", "io": "stdio"}),
        ("/predict-output", examples.PREDICT | {"config": {"votes": 3, "vote_temperature": 1, "top_p": 0.5}}),
    ):
        answer = client.post(path, json=body)
        check_problem(answer, 503)
        assert int(answer.headers["Retry-After"]) > 0


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(field=st.sampled_from(sorted(examples.SOLVE["problem"])), value=JSON_VALUES)
def test_no_value_of_any_field_breaks_the_service(client: TestClient, field: str, value: Any) -> None:
    answer = client.post("/solve", content=solve(**{field: value}), headers=JSON)
    assert answer.status_code in (400, 422, 503)
    check_problem(answer, answer.status_code)


def test_refusals_are_counted_by_reason(client: TestClient) -> None:
    name = 'deskcheck_rejected_requests_total{reason="invalid-json"}'
    assert f"{name} 0.0" in client.get("/metrics").text
    client.post("/solve", content=b"{", headers=JSON)
    assert f"{name} 1.0" in client.get("/metrics").text


def test_the_request_id_of_the_caller_is_kept_if_sane(client: TestClient) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"
    for bad in ("a b", "x" * 65, "<script>"):
        assert client.get("/healthz", headers={"X-Request-Id": bad}).headers["X-Request-Id"] != bad
