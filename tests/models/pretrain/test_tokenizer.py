"""The tokenizer: `tokenizer.json` alone gives back every UTF-8 string; values are spelled by bytes."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from models.config import DatasetConfig
from models.pretrain import prepare
from models.pretrain import tokenizer as tokenizers_
from tests.models.dataset import drawn
from workers.pipeline.prompts import tagged


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    path: Path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    texts = prepare.vocabulary_texts(DatasetConfig(records=500))
    path.write_text(tokenizers_.build(texts, 600).to_str(), encoding="utf-8")
    return Tokenizer.from_file(str(path))


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec="utf-8")))
@example("")
@example("naïve 🦀👩‍👩‍👧 \U0010ffff \ufeff")
@example("".join(map(chr, range(160))))
@example("def f(x):\r\n\treturn 'it\\'s'  # 12\n\n")
@example(tagged.OUTPUT + "'<|end|>'" + tagged.END + "<|en" + "d|>")
@example("  leading and trailing   ")
def test_every_string_comes_back(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


@settings(max_examples=100, deadline=None)
@given(st.text("abcdef 0123456789_XYZäé🦀", max_size=20))
def test_string_literals_are_spelled_by_bytes(tokenizer: Tokenizer, text: str) -> None:
    literal = repr(text)
    assert len(tokenizer.encode(literal).ids) == len(literal.encode())


@given(st.integers(-(10**12), 10**12))
def test_numbers_are_spelled_by_digits(tokenizer: Tokenizer, number: int) -> None:
    assert tokenizer.encode(str(number)).tokens == list(str(number))


def test_tags_are_single_tokens_in_order(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("".join(tagged.SPECIAL_TOKENS)).ids == list(range(len(tagged.SPECIAL_TOKENS)))


def test_no_entry_beyond_single_bytes_holds_a_digit_or_a_quote(tokenizer: Tokenizer) -> None:
    long = [token for token in tokenizer.get_vocab() if len(token) > 1]
    assert not [token for token in long if any(char in "0123456789'\"" for char in token)]


def test_the_vocabulary_has_the_wanted_size_and_shortens_programs(tokenizer: Tokenizer) -> None:
    assert tokenizer.get_vocab_size() == 600
    code = "def f(nums):\n    total = 0\n    for x in nums:\n        total += x\n    return total"
    assert len(tokenizer.encode(code).ids) < len(code) / 2.5


def test_every_training_record_comes_back(tokenizer: Tokenizer) -> None:
    for record in islice(drawn.training()[0], 200):
        text = record.prompt + record.completion
        assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text
