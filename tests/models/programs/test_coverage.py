"""Coverage is counted as stated, and the generator's is what it should be."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from models.programs import broad
from models.programs.coverage import coverage, features, functions, shape
from workers.pipeline.errors import InputError

CRUXEVAL = Path(__file__).parents[4] / "shared/data/cruxeval_dev.jsonl"


def test_features_are_node_kinds_and_methods() -> None:
    found = features("def f(s):\n    return s.upper()[1:]")
    assert {".upper", "FunctionDef", "Subscript", "Slice"} <= found
    assert ".lower" not in found


def test_a_function_is_covered_only_if_all_it_needs_is_common_enough() -> None:
    samples = ["x = 1"] * 998 + ["x.append(1)"] * 2
    found = coverage(samples, ["y = 2", "z.append(3)", "z.pop()"])
    assert found.covered == pytest.approx(2 / 3)
    assert ("append" in str(found.missing), (".pop", 1, 0.0) in found.missing) == (False, True)
    assert coverage(["x = 1"] * 1999 + ["x.append(1)"], ["x.append(2)"]).covered == 0.0


def test_shape_counts_what_it_says() -> None:
    assert shape("x = f(1) + 2") == {"characters": 12, "statements": 1, "operations": 2}


def test_files_without_programs_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"program": 1}\n')
    with pytest.raises(InputError):
        functions(tmp_path / "x.jsonl")


@pytest.mark.skipif(not CRUXEVAL.exists(), reason="no ../shared/data beside the project")
def test_the_generator_covers_what_cruxeval_functions_do() -> None:
    rng = Random("coverage")
    assert coverage((broad.draw(rng).code for _ in range(10_000)), functions(CRUXEVAL)).covered >= 0.95


def test_the_committed_figures_are_those_of_a_full_run() -> None:
    figures = json.loads((Path(__file__).parents[3] / "docs/data/coverage.json").read_text())
    assert figures["samples"] == 100_000
    assert figures["covered"] >= 0.95
