"""Values as strangers write them: within their bounds, varied, and literals that read back."""

from __future__ import annotations

import ast
import keyword
from random import Random

import pytest

from models.programs import wild


@pytest.mark.parametrize("make", [wild.text, wild.ints, wild.words, wild.mixed, wild.table])
def test_values_read_back_from_their_repr_and_keep_their_size(make: wild.Maker) -> None:
    rng = Random("wild")
    for most in (1, 4, 12):
        for _ in range(300):
            value = make(rng, most)
            assert ast.literal_eval(repr(value)) == value
            assert len(value) <= most + 2  # words may repeat two of theirs


def test_texts_are_long_and_short_with_and_without_escapes() -> None:
    rng = Random("texts")
    texts = [wild.text(rng) for _ in range(3000)]
    lengths = sorted(map(len, texts))
    assert lengths[0] == 0
    assert lengths[-1] == wild.MOST
    assert 5 <= lengths[len(lengths) // 2] <= 25
    assert sum(not t.isascii() for t in texts) > 50
    assert sum("\n" in t for t in texts) > 30
    assert sum("'" in t for t in texts) > 30
    assert len(set(texts)) > 2700


def test_identifiers_are_names_that_nothing_else_has() -> None:
    rng = Random("names")
    names = [wild.identifier(rng) for _ in range(2000)]
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in names)
    assert len(set(names)) > 1500
    assert {"list", "str", "id", "in"}.isdisjoint(names)
