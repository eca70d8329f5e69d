"""Example bodies for the OpenAPI document; a test posts the requests and validates the answers."""

from __future__ import annotations

from typing import Any

SOLVE: dict[str, Any] = {
    "problem": {
        "statement": "Return the sum of the squares of the even numbers in the list.",
        "io": "function",
        "entry_point": "f",
        "public_tests": [{"input": "[1, 2, 3, 4]", "output": "20"}, {"input": "[]", "output": "0"}],
    },
    "config": {"candidates": 8, "votes": 1, "rounds": 3, "seed": 0},
}
SOLVE_STDIO: dict[str, Any] = {
    "problem": {
        "statement": "Read two integers on one line and print their sum.",
        "io": "stdio",
        "public_tests": [{"input": "2 3\n", "output": "5\n"}],
    }
}
PREDICT: dict[str, Any] = {
    "code": "def f(xs):\n    return [x * 2 for x in xs]",
    "input": "[1, 2]",
    "io": "function",
    "entry_point": "f",
    "config": {"votes": 1, "seed": 0, "max_narrative_tokens": 1024},
}
PREDICTION: dict[str, Any] = {
    "output": "[2, 4]",
    "raises": None,
    "finishes": True,
    "confidence": 0.93,
    "narrative": "2 return [x * 2 for x in xs]\n",
    "usage": {"prompt_tokens": 31, "completion_tokens": 24},
}
_ID = "5f0c1d9e8b7a4c3d9e2f1a0b6c5d4e3f"
_LINKS = {"self": f"/jobs/{_ID}", "cancel": f"/jobs/{_ID}/cancel"}
ACCEPTED: dict[str, Any] = {"id": _ID, "kind": "solve", "status": "queued", "links": _LINKS}
JOB: dict[str, Any] = {
    "id": _ID,
    "kind": "predict",
    "status": "succeeded",
    "progress": {},
    "result": PREDICTION,
    "error": None,
    "links": _LINKS,
}
PROBLEM: dict[str, Any] = {
    "type": "urn:deskcheck:problem:invalid-request",
    "title": "The request breaks a rule of this API",
    "status": 422,
    "detail": "body/problem/statement: Value error, must not be empty",
    "instance": "/solve",
    "request_id": "0d9c2b6e41f84b6f8a4f0b7f0a6c9d11",
    "errors": [{"where": "body/problem/statement", "why": "Value error, must not be empty"}],
}
