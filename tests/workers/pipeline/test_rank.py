from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers.pipeline.problems import DOUBLE, candidate, simulation
from workers.pipeline.rank import RULES, rank
from workers.pipeline.types import Candidate, IOTest, Problem, Simulation, Verdict

PASS, FAIL, ABSTAIN = Verdict.PASS, Verdict.FAIL, Verdict.ABSTAIN


def matrix(rows: Sequence[Sequence[Verdict]]) -> list[Simulation]:
    return [simulation(f"c{i}", test, v) for i, row in enumerate(rows, 1) for test, v in enumerate(row)]


@pytest.mark.parametrize(
    ("candidates", "simulations", "order", "rule"),
    [
        ([candidate(1), candidate(2)], matrix([[PASS, FAIL], [PASS, PASS]]), ("c2", "c1"), "pass rate"),
        ([candidate(1), candidate(2)], matrix([[PASS, FAIL], [PASS, ABSTAIN]]), ("c2", "c1"), "pass rate"),
        ([candidate(1), candidate(2)], matrix([[PASS, FAIL], [ABSTAIN, ABSTAIN]]), ("c2", "c1"), "failures"),
        ([candidate(1), candidate(2, duplicates=1)], matrix([[PASS], [PASS]]), ("c2", "c1"), "duplicates"),
        (
            [candidate(1), candidate(2), candidate(3)],
            [simulation(f"c{i}", 0, FAIL, output) for i, output in ((1, "7"), (2, "8"), (3, "8.0"))]
            + [simulation(f"c{i}", 1, FAIL, output) for i, output in ((1, "5"), (2, "6"), (3, "6"))],
            ("c2", "c3", "c1"),
            "id",
        ),
        (
            [candidate(1), candidate(2)],
            [simulation("c1", 0, PASS, confidence=0.6), simulation("c2", 0, PASS, confidence=0.9)],
            ("c2", "c1"),
            "confidence",
        ),
        (
            [candidate(1), candidate(2)],
            [simulation("c1", 0, FAIL, confidence=0.9), simulation("c2", 0, FAIL, confidence=0.6)],
            ("c2", "c1"),
            "confidence",
        ),
        ([candidate(1, logprob=-0.5), candidate(2, logprob=-0.1)], [], ("c2", "c1"), "likelihood"),
        ([candidate(1, "x = 10"), candidate(2, "x = 1")], [], ("c2", "c1"), "length"),
        ([candidate(10), candidate(9)], [], ("c9", "c10"), "id"),
    ],
)
def test_rules(candidates: list[Candidate], simulations: list[Simulation], order: tuple[str, ...], rule: str) -> None:
    ranking = rank(DOUBLE, candidates, simulations)
    assert ranking.order == order
    assert ranking.ties[order[0]] == rule


def test_agreement_with_others_decides_among_equals() -> None:
    outputs = {1: "7", 2: "8", 3: "8"}
    simulations = [simulation(f"c{i}", 0, FAIL, output) for i, output in outputs.items()]
    ranking = rank(DOUBLE, [candidate(i) for i in outputs], simulations)
    assert ranking.order == ("c2", "c3", "c1")
    assert ranking.ties == {"c2": "id", "c3": "agreement"}


def test_what_is_believed_decides_and_not_the_number_of_verdicts() -> None:
    verdicts = matrix([[PASS, FAIL], [ABSTAIN, ABSTAIN]])
    chances = [0.6, 0.3, 0.7, 0.8]
    believed = [replace(s, passes=chance) for s, chance in zip(verdicts, chances, strict=True)]
    ranking = rank(DOUBLE, [candidate(1), candidate(2)], believed)
    assert ranking.order == ("c2", "c1")
    assert ranking.ties == {"c2": "pass rate"}
    assert ranking.scores == {"c1": pytest.approx(0.45), "c2": pytest.approx(0.75)}


def test_equal_confidences_are_equal_in_any_order() -> None:
    problem = Problem("?", public_tests=tuple(IOTest(str(i), "0") for i in range(3)))
    rows = {"c1": (0.1, 0.2, 0.3), "c2": (0.3, 0.2, 0.1)}
    simulations = [
        simulation(name, test, PASS, confidence=c) for name, row in rows.items() for test, c in enumerate(row)
    ]
    assert rank(problem, [candidate(1), candidate(2)], simulations).ties == {"c1": "id"}


def test_scores_count_only_tests_with_a_known_output() -> None:
    assert rank(DOUBLE, [candidate(1)], matrix([[PASS, FAIL]])).scores == {"c1": 0.5}
    assert rank(Problem("?"), [candidate(1)], []).scores == {"c1": 0.0}
    assert rank(DOUBLE, [], []).order == ()


@st.composite
def rankings(draw: st.DrawFn) -> tuple[list[Candidate], list[Simulation]]:
    numbers = range(1, draw(st.integers(1, 6)) + 1)
    logprobs = st.sampled_from([-0.1, -0.2])
    candidates = [candidate(i, duplicates=draw(st.integers(0, 1)), logprob=draw(logprobs)) for i in numbers]
    verdicts, outputs = st.sampled_from(list(Verdict)), st.sampled_from(["0", "1"])
    confidences = st.floats(0, 1)
    believed = st.floats(0, 1) if draw(st.booleans()) else st.none()
    return candidates, [
        replace(simulation(f"c{i}", test, draw(verdicts), draw(outputs), draw(confidences)), passes=draw(believed))
        for i in numbers
        for test in (0, 1)
    ]


@given(rankings(), st.randoms())
def test_ranking_does_not_depend_on_the_order_of_its_arguments(
    case: tuple[list[Candidate], list[Simulation]], random: st.DataObject
) -> None:
    candidates, simulations = case
    expected = rank(DOUBLE, candidates, simulations)
    shuffled = list(candidates), list(simulations)
    for part in shuffled:
        random.shuffle(part)  # type: ignore[attr-defined]
    assert rank(DOUBLE, *shuffled) == expected


@given(rankings())
def test_a_ranking_is_complete_sorted_and_explained(case: tuple[list[Candidate], list[Simulation]]) -> None:
    candidates, simulations = case
    ranking = rank(DOUBLE, candidates, simulations)
    assert sorted(ranking.order) == sorted(c.id for c in candidates)
    scores = [ranking.scores[name] for name in ranking.order]
    assert scores == sorted(scores, reverse=True)
    assert list(ranking.ties) == list(ranking.order[:-1])
    assert set(ranking.ties.values()) <= set(RULES)
