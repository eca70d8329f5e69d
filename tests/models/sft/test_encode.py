"""Records as token ids: one end token each, loss on completions alone, nothing cut."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from transformers import AutoTokenizer

from models.dataset import schema
from models.sft import encode
from models.sft.data import open_source
from tests.models.sft.made import SHORT
from workers.pipeline.errors import InputError
from workers.pipeline.prompts import tagged
from workers.pipeline.types import Problem

NANO = Path(__file__).parents[3] / "models/checkpoints/nano"


@pytest.fixture(scope="module")
def nano() -> Any:
    return AutoTokenizer.from_pretrained(NANO)


@pytest.fixture(scope="module")
def chatting(chat_model: Path) -> Any:
    return AutoTokenizer.from_pretrained(chat_model)


def rows(path: Path) -> list[dict[str, list[int]]]:
    with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as stream:
        found: list[dict[str, list[int]]] = stream.read_all().to_pylist()
    return found


def test_a_tagged_record_ends_in_one_end_token_that_is_learned(nano: Any, tagged_data: Path) -> None:
    end = nano.convert_tokens_to_ids(tagged.END)
    assert end == nano.eos_token_id
    records = [record for batch in open_source(tagged_data).records("train") for record in batch]
    assert len(records) > 100
    for (prompt, completion), (ids, labels) in zip(records, encode.encode(nano, records), strict=True):
        assert ids.count(end) == labels.count(end) == 1
        assert ids[-1] == labels[-1] == end
        assert nano.decode(ids) == str(prompt) + str(completion)


def test_the_end_is_added_where_it_is_missing(nano: Any) -> None:
    with_end, without = encode.encode(nano, [("a", "b" + tagged.END), ("a", "b")])
    assert with_end == without


def test_loss_falls_on_the_completion_alone_after_the_prompt_as_serving_encodes_it(nano: Any) -> None:
    prompt = tagged.solve(Problem("Return 1.", "function", "f", ())).text or ""
    served = nano(prompt, add_special_tokens=False)["input_ids"]
    ((ids, labels),) = encode.encode(nano, [(prompt, "def f():\n    return 1" + tagged.END)])
    assert ids[: len(served)] == served
    assert labels[: len(served)] == [encode.IGNORED] * len(served)
    assert labels[len(served) :] == ids[len(served) :]
    assert encode.IGNORED not in labels[len(served) :]


def test_a_chat_record_is_the_served_prompt_and_the_answer_up_to_its_end(chatting: Any, chat_data: Path) -> None:
    for prompt, completion in next(open_source(chat_data).records("train")):
        served = chatting.apply_chat_template(prompt, add_generation_prompt=True)["input_ids"]
        ((ids, labels),) = encode.encode(chatting, [(prompt, completion)])
        assert ids[: len(served)] == served
        assert labels == [encode.IGNORED] * len(served) + ids[len(served) :]
        assert chatting.decode(ids[len(served) :]) == completion[0]["content"] + tagged.END  # type: ignore[index, operator]


def test_records_that_are_too_long_are_counted_and_none_is_cut(nano: Any, tagged_data: Path, tmp_path: Path) -> None:
    source = open_source(tagged_data)
    counts = encode.write(source, nano, SHORT, tmp_path / "some")
    everything = encode.write(source, nano, 10**6, tmp_path / "all")
    for split in ("train", "validation"):
        whole = rows(encode.path(tmp_path / "all", split))
        short = [row for row in whole if len(row["input_ids"]) <= SHORT]
        assert rows(encode.path(tmp_path / "some", split)) == short
        assert counts[split]["kept"] == len(short)
        assert counts[split]["too long"] == len(whole) - len(short)
        assert counts[split]["tokens"] == sum(len(row["input_ids"]) for row in short)
        assert everything[split]["too long"] == 0
    assert 0 < counts["train"]["too long"] < everything["train"]["kept"]


def test_nothing_short_enough_is_an_error(nano: Any, tagged_data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="training records are longer than 8 tokens"):
        encode.write(open_source(tagged_data), nano, 8, tmp_path / "tokens")
    assert not (tmp_path / "tokens" / encode.COUNTS).exists()


def test_a_template_that_does_not_end_answers_is_an_error(nano: Any, chat_data: Path) -> None:
    """The bundled model's: a message stands as it is."""
    record = next(open_source(chat_data).records("train"))[:1]
    with pytest.raises(InputError, match=r"does not end an answer with <\|end\|>"):
        list(encode.encode(nano, record))


def test_a_template_that_rewrites_an_answered_prompt_is_an_error(chatting: Any, chat_data: Path) -> None:
    record = next(open_source(chat_data).records("train"))[0]
    chatting = AutoTokenizer.from_pretrained(chatting.name_or_path)
    chatting.chat_template = "{{ messages | length }}" + chatting.chat_template
    with pytest.raises(InputError, match="differently once it is answered"):
        encode.texts(chatting, *record)


@pytest.mark.parametrize(
    ("change", "style", "reason"),
    [
        ({}, "tagged", None),
        ({"eos_token": None}, "tagged", "no end token"),
        ({"eos_token": tagged.PAD}, "tagged", r"its end token is <|pad|>"),
        ({"chat_template": None}, "chat", "no chat template"),
    ],
)
def test_a_tokenizer_that_does_not_fit_is_told_why(change: dict[str, Any], style: str, reason: str | None) -> None:
    tokenizer = AutoTokenizer.from_pretrained(NANO)
    for name, value in change.items():
        setattr(tokenizer, name, value)
    found = encode.misfit(tokenizer, style)
    assert found is None if reason is None else reason in (found or "")


def test_a_tokenizer_without_the_tags_does_not_fit(tmp_path: Path, nano: Any) -> None:
    plain = type(nano)(tokenizer_object=_without_tags(nano), eos_token=tagged.END)
    assert encode.misfit(plain, "tagged") == f"it has no token {tagged.SOLVE}"


def _without_tags(tokenizer: Any) -> Any:
    """A byte-level tokenizer whose only special tokens are those of end and padding."""
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

    plain = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(pre_tokenizers.ByteLevel.alphabet())}, merges=[]))
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.add_special_tokens([AddedToken(tagged.PAD, special=True), AddedToken(tagged.END, special=True)])
    return plain


def damage(folder: Path) -> None:
    file = next((folder / "data").glob("train-*"))
    file.write_bytes(file.read_bytes()[:-1] + b"?")


def unfinished(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def another_folder(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"shards": 2}')


def another_version(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"prompt_version": ', '"prompt_version": 9'))


@pytest.mark.parametrize(
    ("do", "message"),
    [
        (damage, "train-.* is missing or damaged"),
        (unfinished, "no finished data set"),
        (another_folder, "not that of a data set"),
        (another_version, "was made for PROMPT_VERSION 9"),
        (shutil.rmtree, "no finished data set"),
    ],
)
def test_a_data_set_that_cannot_be_used_is_an_error(tagged_data: Path, tmp_path: Path, do: Any, message: str) -> None:
    shutil.copytree(tagged_data, tmp_path / "data")
    do(tmp_path / "data")
    with pytest.raises(InputError, match=message):
        open_source(tmp_path / "data")


def test_tasks_are_those_of_the_training_split(tagged_data: Path) -> None:
    source = open_source(tagged_data)
    there = {row["task"] for name in source.files["train"] for row in schema.read(tagged_data / name).to_pylist()}
    assert source.tasks() == sorted(there) == ["fix", "predict", "solve"]
