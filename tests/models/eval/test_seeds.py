"""Runs of several seeds as one column: means of figures and bounds, and nothing mixed that was not measured alike."""

from __future__ import annotations

from typing import Any

from models.eval import seeds, table


def run(seed: int, mean: float, **about: Any) -> dict[str, Any]:
    figure = {"mean": mean, "low": mean - 0.2, "high": mean + 0.1, "n": 4}
    suite = {"pass@1": figure, "fixed by repair": seed, "best@k": {"way": {"1": figure}}, "items": [seed]}
    return {"about": {"prompt_version": 1, "seed": seed, **about}, "problems": suite}


def test_figures_and_bounds_are_means_over_the_seeds() -> None:
    merged = seeds.merge({"a": run(0, 0.5), "b": run(1, 0.7)})
    assert list(merged) == ["a, 2 seeds"]
    text = table.markdown(merged)
    assert "| pass@1 | 60.0 [40.0, 70.0] |" in text
    assert "| best@k, way, 1 | 60.0 [40.0, 70.0] |" in text
    assert "| fixed by repair | 0.500 |" in text
    assert merged["a, 2 seeds"]["problems"]["pass@1"]["n"] == 4


def test_what_differs_in_more_than_the_seed_stays_apart() -> None:
    runs = {"a": run(0, 0.5), "b": run(1, 0.7, limit=3), "c": run(0, 0.9, weights="x")}
    assert seeds.merge(runs) == runs


def test_the_same_seed_twice_is_no_second_measurement() -> None:
    merged = seeds.merge({"a": run(0, 0.5), "again": run(0, 0.5), "b": run(1, 0.5)})
    assert list(merged) == ["a, 2 seeds"]


def test_a_figure_that_one_seed_does_not_have_is_not_shown_and_a_suite_neither() -> None:
    one, other = run(0, 0.5), run(1, 0.7)
    one["problems"]["pass@1"] = {"mean": None, "low": None, "high": None, "n": 0}
    one["cruxeval"] = {"accuracy": 1.0}
    text = table.markdown(seeds.merge({"a": one, "b": other}))
    assert "| pass@1 | – |" in text
    assert "cruxeval" not in text
