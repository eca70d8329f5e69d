"""The summary of a hand-made evaluation: every figure worked out on paper."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from models.eval import choosing
from models.eval.solving import Graded
from tests.models.eval.handmade import BROKEN, FIXED, NOTHING, TASK
from workers.pipeline.types import Phase, Usage


@pytest.mark.parametrize(("graded", "share"), [([FIXED], 1.0), ([FIXED, NOTHING], 0.5), ([BROKEN], math.nan)])
def test_what_the_loop_gains_is_a_share_of_what_execution_would(graded: list[Graded], share: float) -> None:
    found = choosing.summarize([TASK] * len(graded), graded, candidates=4)["share of the oracle loop's gain"]
    assert found.mean == pytest.approx(share, nan_ok=True)


def test_every_figure_of_a_hand_made_set() -> None:
    summary = choosing.summarize([TASK, TASK, TASK], [FIXED, BROKEN, NOTHING], candidates=4)
    means = {name: value.mean for name, value in summary.items() if hasattr(value, "mean")}
    assert means.pop("share of the gap to execution closed") == pytest.approx((1 - 0.75) / (2 - 0.75))
    assert means.pop("share of the oracle loop's gain") == 0.0  # one fixed, one broken; two by execution
    assert means == {
        "pass@1 sampled": pytest.approx((2 / 4 + 1 / 4 + 0) / 3),
        "pass@1 greedy": pytest.approx(1 / 3),
        "random readable candidate": pytest.approx((2 / 3 + 1 / 3 + 0) / 3),
        "majority": pytest.approx(1 / 3),
        "best@N by simulation": pytest.approx(1 / 3),
        "best@N by execution (oracle)": pytest.approx(2 / 3),
        "pass@N (any candidate)": pytest.approx(2 / 3),
        "after repair": pytest.approx(1 / 3),
    }
    assert (summary["fixed by repair"], summary["broken by repair"]) == (1, 1)
    assert summary["loop from one sample"] == {"fail, fail": 1, "fixed": 1, "broken": 1, "pass, pass": 0}
    oracle = summary["loop by execution (oracle)"]
    assert oracle == {"fail, fail": 0, "fixed": 2, "broken": 0, "pass, pass": 1}
    assert summary["loop by execution (oracle), shares"]["fixed"].mean == pytest.approx(2 / 3)
    shares = {name: value.mean for name, value in summary["loop from one sample, shares"].items()}
    assert shares == {"fail, fail": pytest.approx(1 / 3), "fixed": pytest.approx(1 / 3),
                      "broken": pytest.approx(1 / 3), "pass, pass": 0.0}  # fmt: skip
    assert summary["best@N by simulation minus"]["pass@1 sampled"].mean == pytest.approx(1 / 3 - 1 / 4)
    assert summary["tests"] == {
        "true pass, said pass": 4,  # c1/0 and c2/0, twice
        "true pass, said fail": 3,
        "true fail, said fail": 2,
        "true fail, said pass": 2,
        "abstained": 1,
    }
    # with confidences of 0, what is called passed is expected to fail, what is called failed to pass
    assert summary["expected passes"]["brier"].mean == pytest.approx((4 * 1 + 3 * 0 + 2 * 1 + 2 * 0 + 1 / 4) / 12)
    assert summary["by io"]["function"]["after repair"].mean == pytest.approx(1 / 3)
    assert summary["by io"]["stdio"] == {}


def test_repairs_have_no_say_in_the_first_choice() -> None:
    assert [c.id for c in choosing.by_simulation(TASK.problem, FIXED.result)] == ["c1", "c0"]
    assert choosing.by_simulation(TASK.problem, NOTHING.result) == []


def test_best_at_k_runs_from_pass_at_1_to_the_choice_among_all() -> None:
    summary = choosing.summarize([TASK, TASK, TASK], [FIXED, BROKEN, NOTHING], candidates=4)
    for way, by_k in summary["best@k"].items():
        assert by_k["1"].mean == pytest.approx(summary["pass@1 sampled"].mean), way
    assert summary["best@k"]["simulation"]["4"].mean == summary["best@N by simulation"].mean
    assert summary["best@k"]["any (pass@k)"]["4"].mean == summary["pass@N (any candidate)"].mean
    assert summary["best@k"]["majority"]["4"].mean == summary["majority"].mean


def test_the_share_of_the_gap_to_execution_that_choosing_closes() -> None:
    summary = choosing.summarize([TASK, TASK, TASK], [FIXED, BROKEN, NOTHING], candidates=4)
    closed = summary["share of the gap to execution closed"]
    assert closed.mean == pytest.approx((1 - 0.75) / (2 - 0.75))
    assert closed.low == pytest.approx((0 - 0.5) / (1 - 0.5))  # of the problem where choosing by simulation fails
    assert closed.high == pytest.approx(1.0)  # of the one where it chooses rightly
    nothing = choosing.summarize([TASK], [NOTHING], candidates=4)
    assert math.isnan(nothing["share of the gap to execution closed"].mean)


def test_tokens_and_seconds_are_means_per_problem() -> None:
    spent = Phase(2.0, Usage(10, 4), 3)
    graded = [replace(FIXED, result=replace(FIXED.result, phases={"sample": spent, "fix": spent})), NOTHING]
    assert choosing.summarize([TASK, TASK], graded, candidates=4, seconds=5.0)["cost"] == {
        "prompt tokens per problem": 10.0, "completion tokens per problem": 4.0, "requests per problem": 3.0,
        "seconds per problem": 2.0, "wall-clock seconds per problem": 2.5,
    }  # fmt: skip
