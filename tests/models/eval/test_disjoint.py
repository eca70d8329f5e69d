"""What calibration and belief are fitted on, and what figures are taken from, have no program in common."""

from __future__ import annotations

from random import Random

import pytest

from models.dataset import freeze, fresh
from models.dataset.keys import program_key
from models.eval import fitting, predicting, suites
from models.programs import wide


def measured() -> set[str]:
    """Keys of every program in the project's own suites: equal up to names and literals is the same."""
    rows = [row for suite in suites.FROZEN for row in suites.rows(suite, None)]
    return {program_key(row.get("code") or row["reference_solution"]) for row in rows}


def test_no_program_of_the_calibration_is_measured() -> None:
    fitted = {program_key(item.code) for item in fitting.calibration_items(fitting.CALIBRATION_PROGRAMS)}
    assert len(fitted) > fitting.CALIBRATION_PROGRAMS / 2
    assert len(measured()) > 700
    assert not fitted & measured()


def test_no_problem_of_the_belief_is_measured() -> None:
    rows = fitting.belief_rows(20)
    assert not {program_key(row["reference_solution"]) for row in rows} & measured()
    frozen = {row["skeleton"] for suite in ("problems", "reworded") for row in suites.rows(suite, None)}
    assert not {row["skeleton"] for row in rows} & frozen


def test_no_program_of_others_is_measured_or_like_those_of_training() -> None:
    rows = fitting.others_rows(fitting.OTHERS_FUNCTIONS)
    fitted = {program_key(row["reference_solution"]) for row in rows}
    assert len(fitted) == fitting.OTHERS_FUNCTIONS
    assert not fitted & measured()


def test_no_template_of_others_is_drawn_for_training() -> None:
    rng = Random(0)
    unseen = {wide.unseen(rng, 1).group for _ in range(1000)}
    drawn = {draw(rng).group for draw in (wide.probe, wide.broad) for _ in range(2000)}
    assert len(unseen) > 30
    assert not unseen & drawn


def test_a_program_that_were_frozen_would_not_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *_ = fresh._draw(1, "calibration")
    key = program_key(first["code"])
    monkeypatch.setattr(freeze, "keys", lambda: frozenset({key}))
    items = predicting.frozen_items(fresh._draw(3, "calibration"))
    assert key not in {program_key(item.code) for item in items}
