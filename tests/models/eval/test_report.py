"""Results as a table and as JSON."""

from __future__ import annotations

import json

from models.eval import report
from models.eval.stats import estimate

RESULT = {
    "accuracy": estimate([1.0, 1.0]),
    "by io": {"stdio": {"greedy": 0.123456}},
    "truncated": 3,
    "items": [{"id": "a", "confidence": 0.5}],
}


def test_the_table_is_aligned_and_leaves_items_out() -> None:
    assert report.table("programs", RESULT) == (
        "## programs\n"
        + f"  {'accuracy':<38} 100.0 % [100.0, 100.0]  (n = 2)\n"
        + "  by io\n"
        + "    stdio\n"
        + f"      {'greedy':<34} 0.1235\n"
        + f"  {'truncated':<38} 3"
    )


def test_json_has_everything_rounded() -> None:
    plain = json.loads(json.dumps(report.plain(RESULT)))
    assert plain["accuracy"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "n": 2}
    assert plain["by io"]["stdio"]["greedy"] == 0.12346
    assert plain["items"] == RESULT["items"]
