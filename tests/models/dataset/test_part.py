"""Nothing of an evaluation set gets into a part: no program of a draft, no statement with its examples."""

from __future__ import annotations

from collections import Counter

import pytest

from models.config import DataConfig
from models.dataset import decontaminate, part, testcases
from models.dataset.decontaminate import Decontaminator
from models.dataset.records import Dropped
from tests.models.dataset import posed


@pytest.mark.parametrize(
    ("task", "role"), [("fix", "wrong"), ("verify", "wrong"), ("predict", "right"), ("solve", "writing")]
)
def test_a_draft_is_dropped_for_any_of_its_programs(task: str, role: str) -> None:
    found = posed.draft(task)
    code = found.posed.writings[-1] if role == "writing" and found.posed else getattr(found, role)
    known = Decontaminator(dict.fromkeys(decontaminate.trees(code), "known"), {})
    assert known.why(found.source.code) is None or role != "writing"
    with pytest.raises(Dropped, match="equal to an evaluation program: known"):
        part._clean(found, known)


def test_a_statement_whose_examples_are_those_of_an_evaluation_set_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    row = posed.rows("tagged", "solve")[0]
    text = testcases.told(row)
    known = Decontaminator({}, dict.fromkeys(decontaminate.sampled(text), "known"))
    assert known.why("", text) == f"{decontaminate.N_GRAMS}: known"
    assert all(test["input"] in text and test["output"] in text for test in row["tests"])
    monkeypatch.setattr(Decontaminator, "load", lambda *_: known)
    config = DataConfig("t", posed.SOURCES, rows=150, parts=1, max_chars=20_000)
    dropped = Counter[tuple[str, str]]()
    again = list(part.draw(config, 0, dropped))
    assert dropped["composed", f"{decontaminate.N_GRAMS}: known"] > 0
    assert row["statement"] not in {found["statement"] for found in again if found["tests"]}
