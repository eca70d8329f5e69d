"""The words of the frozen set `reworded`: complete, not those of training, and unknown to whatever trains."""

from __future__ import annotations

import re
from random import Random
from unittest.mock import patch

import pytest

from models.dataset import freeze, reworded
from models.dataset.reworded import WORDS
from models.programs import chain, problems
from models.programs.chain import Step
from models.programs.ops import OPS
from tests.sources import imports, project_sources
from workers.pipeline.types import Io

BY_NAME = {op.name: op for op in OPS}
STATEMENTS = [row["statement"] for row in freeze.load("reworded")]


def pattern(phrase: str) -> str:
    """A regular expression for the phrase with any parameters, whole words, whatever the case."""
    text = re.escape(phrase).replace(r"\$k", r"-?\d+").replace(r"\$c", "'[a-z]'").replace(r"\$d", "'[a-z]'")
    return rf"(?i:(?<!\w){text}(?!\w))"


TRAINED = [re.compile(pattern(phrase)) for op in OPS for phrase in op.phrases]


def around() -> tuple[set[str], set[str]]:
    """What training says before and after the operations of a statement."""
    rng = Random(1)
    with patch.object(problems, "_tell", lambda *_: "\0"):
        found = [problems.state(chain.draw(rng), rng).statement.split("\0") for _ in range(5000)]
    return {before for before, _ in found}, {after for _, after in found}


def test_every_operation_has_a_phrase_of_its_own_with_the_same_parameters() -> None:
    assert WORDS["phrases"].keys() == BY_NAME.keys()
    assert len(set(WORDS["phrases"].values())) == len(OPS)
    for name, phrase in WORDS["phrases"].items():
        code = " ".join(BY_NAME[name].code)
        assert set(re.findall(r"\$\w", phrase)) == set(re.findall(r"\$[kcd]\b", code)), name


def test_the_statements_are_of_their_operations_in_order() -> None:
    for row in freeze.load("reworded"):
        phrases = [pattern(WORDS["phrases"][name]) for name in row["skeleton"].split(">")]
        assert re.search(".*".join(phrases), row["statement"]), row["id"]


def test_no_statement_has_a_phrase_of_training() -> None:
    step = Step(OPS[0], 3)
    said = [step.fill(phrase) for phrase in WORDS["phrases"].values()]
    assert TRAINED[0].search("So keep only the even numbers.")
    assert [(text, t.pattern) for text in said + STATEMENTS for t in TRAINED if t.search(text)] == []


def test_no_statement_opens_or_closes_as_training_does() -> None:
    before, after = around()
    assert len(before) > 40 and len(after) > 10
    assert not any(statement.startswith(tuple(before)) for statement in STATEMENTS)
    assert not any(statement.endswith(tuple(after)) for statement in STATEMENTS)


@pytest.mark.parametrize("io", ["function", "stdio"])
def test_a_statement_is_whole_sentences_around_the_phrases(io: Io) -> None:
    rng = Random(2)
    for _ in range(300):
        steps = chain.draw(rng)
        if io == "stdio" and steps[0].op.src == "dict":
            continue
        stated = reworded.state(steps, io, rng)
        assert (stated.io, bool(stated.starter)) == (io, io == "function")
        assert all(reworded.phrase(step) in stated.statement for step in steps)
        assert stated.statement[0].isupper() and stated.statement.endswith(".")
        assert not re.search(r"[{}$]|  | [;.]|\.\.", stated.statement)
        assert problems.arguments(stated, rng)


def test_nothing_but_the_making_of_the_set_knows_the_words() -> None:
    sources = project_sources()
    modules = frozenset(sources)
    users = {
        target: {m for m, text in sources.items() if target in {name for name, _ in imports(m, text, modules)}}
        for target in ("models.dataset.reworded", "models.dataset.freeze_reworded")
    }
    assert users["models.dataset.reworded"] == {"models.dataset.freeze_reworded"}
    assert users["models.dataset.freeze_reworded"] == set()
    assert [m for m, text in sources.items() if "reworded.toml" in text] == ["models.dataset.reworded"]
