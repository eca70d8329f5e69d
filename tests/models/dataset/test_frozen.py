"""The frozen evaluation sets: complete, true, and apart from everything that trains."""

from __future__ import annotations

import hashlib
import multiprocessing
from collections import Counter
from collections.abc import Iterator

import pytest

from models import config
from models.dataset import freeze, freeze_reworded
from models.dataset.keys import program_key
from models.programs import chain
from models.programs.ops import OPS
from models.sandbox import ExecStatus, Limits, Sandbox
from models.trace.limits import limit_child
from tests.models.dataset import drawn
from workers.pipeline.types import IOTest

SHA256 = {
    "predict": "893e1c418855c11c36929626fd9e577e877a04dcc3a14053daa0e1964f625cb8",
    "solve": "56591c834c0c7f36da054201b5200897687adea086613886cccc660670e9a7fe",
    "reworded": "2e99d2ed1b0c14be88dceaf25c96a958f49bf050c5b1ccf6cb9133d16607b4a4",
}
"""Never to change: the first two are from before the first training, the third is from before any look at it."""
SOLVING = ("solve", "reworded")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


@pytest.mark.parametrize("name", SHA256)
def test_the_files_are_as_they_were_frozen(name: str) -> None:
    assert hashlib.sha256((freeze.FOLDER / f"{name}.jsonl").read_bytes()).hexdigest() == SHA256[name]


def test_sizes() -> None:
    programs, problems, reworded = map(freeze.load, SHA256)
    assert len(programs) == 500
    assert {p["io"] for p in programs} == {"function", "stdio"}
    assert Counter(p["io"] for p in problems) == {"function": 100, "stdio": 100}
    assert Counter(p["io"] for p in reworded) == {"function": 50, "stdio": 50}
    assert Counter(p["skeleton"].count(">") + 1 for p in reworded) == {1: 15, 2: 35, 3: 30, 4: 20}
    assert all(len(p["public_tests"]) == 3 and len(p["private_tests"]) == 8 for p in problems + reworded)


def test_no_two_programs_are_equal_up_to_names_and_literals() -> None:
    assert len(freeze.keys()) == 800
    assert len(freeze.keys(SOLVING)) == 300


def test_every_problem_has_its_own_held_out_skeleton() -> None:
    by_name = {op.name: op for op in OPS}
    names = [p["skeleton"] for name in SOLVING for p in freeze.load(name)]
    assert len(set(names)) == len(names)
    several = [name.split(">") for name in names if ">" in name]
    assert len(several) == len(names) - 15
    assert all(chain.held_out([chain.Step(by_name[n]) for n in name]) for name in several)


def test_hidden_tests_are_not_among_the_public_ones() -> None:
    for problem in freeze.load("solve") + freeze.load("reworded"):
        inputs = [test["input"] for test in problem["public_tests"] + problem["private_tests"]]
        assert len(set(inputs)) == len(inputs)


def test_training_has_no_frozen_program_no_held_out_skeleton_and_no_frozen_statement() -> None:
    trained, stated = drawn.training()
    assert freeze.keys().isdisjoint(program_key(drawn.program(record)) for record in trained)
    c = config.load(drawn.NANO).dataset
    composed = c.predict * (1 - c.drills) * (1 - c.broad) * c.composed
    assert len(stated) > 0.95 * (composed + 1 - c.predict) * len(trained)  # solve and fix are all stated
    assert not any(chain.held_out(s.steps) for s in stated)
    problems = [problem for name in SOLVING for problem in freeze.load(name)]
    statements = {problem["statement"] for problem in problems}
    skeletons = {problem["skeleton"] for problem in problems if ">" in problem["skeleton"]}
    assert statements.isdisjoint(s.statement for s in stated)
    assert skeletons.isdisjoint(chain.skeleton(s.steps) for s in stated)


def test_frozen_outcomes_are_what_really_happens(sandbox: Sandbox) -> None:
    for row in freeze.load("predict")[::5]:
        test = IOTest(row["input"], row["output"])
        ran = sandbox.run_tests(row["code"], [test], row["io"], row["entry_point"], Limits(seconds=2.0))[0]
        if not row["finishes"]:
            assert ran.status is ExecStatus.TIMEOUT, row["id"]
        elif row["raises"]:
            assert (ran.status, ran.kind) == (ExecStatus.EXCEPTION, row["raises"]), row["id"]
        else:
            assert ran.status is ExecStatus.SUCCESS, row["id"]


def test_reference_solutions_pass_all_their_tests(sandbox: Sandbox) -> None:
    for row in freeze.load("solve")[::8] + freeze.load("reworded")[::4]:
        tests = [IOTest(t["input"], t["output"]) for t in row["public_tests"] + row["private_tests"]]
        results = sandbox.run_tests(row["reference_solution"], tests, row["io"], row["entry_point"])
        assert {r.status for r in results} == {ExecStatus.SUCCESS}, row["id"]


def test_the_reworded_problems_are_the_same_each_time() -> None:
    with multiprocessing.get_context("spawn").Pool(1, limit_child) as pool:  # programs are traced
        assert pool.apply(freeze_reworded.rows) == freeze.load("reworded")


def test_freezing_again_is_refused() -> None:
    for main in (freeze.main, freeze_reworded.main):
        with pytest.raises(SystemExit, match="made once"):
            main()
