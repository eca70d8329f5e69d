"""The rich words for operations: there are many for each, they can be filled, and they say what the operation does."""

from __future__ import annotations

import re
from random import Random

import pytest

from models.programs import chain
from models.programs.ops import OPS, Op
from models.programs.wordings import WORDINGS, expand, say


def test_alternatives_are_drawn_from_the_inside_out() -> None:
    said = {say(expand("[a|[b|c] <d>|] end", {"d": "x|y"}), Random(seed)) for seed in range(200)}
    assert {text.strip() for text in said} == {"an end", "b x end", "b y end", "c x end", "c y end", "end"}


def test_the_article_fits_the_word_that_was_drawn() -> None:
    assert say("[a] integer is a number, from a to z, and a 'a'", Random(0)) == (
        "an integer is a number, from a to z, and a 'a'"
    )


def test_the_words_are_those_of_the_operations() -> None:
    assert WORDINGS.keys() == {op.name for op in OPS}


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_an_operation_has_six_further_clauses_at_least(op: Op) -> None:
    wording, rng = WORDINGS[op.name], Random(op.name)
    assert len({*wording.all()} - {*op.phrases}) >= 6
    said = {say(template, rng) for template in wording.all() for _ in range(40)}
    assert len(said - {*op.phrases}) >= 8
    assert bool(wording.whether) == (op.dst == "bool")
    assert wording.whether or (wording.do and wording.noun and wording.fact)


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_every_clause_can_be_filled_and_has_the_parameters_of_its_operation(op: Op) -> None:
    wanted = set(re.findall(r"\$[kcd]\b", " ".join(op.code)))
    rng = Random(op.name)
    for template in WORDINGS[op.name].all():
        for _ in range(15):
            text = say(template, rng)
            assert set(re.findall(r"\$\w", text)) == wanted, text
            filled = chain.pick(op, rng).fill(text).replace("@", "it")
            assert not re.search(r"[\[\]<>{}|$@]|[a-z]'[a-z]| [,.;:]|\ba [aeiou]\w", filled), filled


def test_a_phrase_for_a_chain_can_end_in_what_it_works_on() -> None:
    for op in OPS:
        assert op.dst == "bool" or any(noun.endswith("@") for noun in WORDINGS[op.name].noun), op.name


def test_no_template_is_that_of_another_operation() -> None:
    owner: dict[str, str] = {}
    for op in OPS:
        if "_even" in op.name or "_odd" in op.name:
            continue  # to keep the odd numbers is to drop the even ones
        for template in WORDINGS[op.name].all():
            assert owner.setdefault(f"{op.src}: {template}", op.name) == op.name, template
