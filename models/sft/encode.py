"""Records → token ids and labels, in a file that all processes of a run map into memory.

Prompt and completion are tokenized apart, as serving does: it is given the one and writes the other. Each completion
ends in exactly one end token, and loss falls on completions alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from models.dataset import folder
from models.sft.data import SPLITS, Source, Text
from workers.pipeline.errors import InputError
from workers.pipeline.prompts import tagged

IGNORED = -100
"""Label of positions without loss."""
COUNTS = "counts.json"
Tokenizer = Any
"""A `transformers.PreTrainedTokenizerBase`."""
_SCHEMA = pa.schema([("input_ids", pa.list_(pa.int32())), ("labels", pa.list_(pa.int32()))])


def misfit(tokenizer: Tokenizer, style: str) -> str | None:
    """Why a tokenizer cannot carry a prompt style, or None."""
    if tokenizer.eos_token_id is None:
        return "it has no end token: name it as end_token"
    if style == "chat":
        return None if tokenizer.chat_template else "it has no chat template"
    cut = [tag for tag in tagged.SPECIAL_TOKENS if len(_ids(tokenizer, [tag])[0]) != 1]
    if cut:
        return f"it has no token {cut[0]}"
    return None if tokenizer.eos_token == tagged.END else f"its end token is {tokenizer.eos_token}, not {tagged.END}"


def texts(tokenizer: Tokenizer, prompt: Text, completion: Text) -> tuple[str, str]:
    """What the model is given and what it is to write, up to its one end token. Raises InputError."""
    end = tokenizer.eos_token
    if isinstance(prompt, str):
        return prompt, str(completion).removesuffix(end) + end
    asked = tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True)
    whole = tokenizer.apply_chat_template([*prompt, *completion], tokenize=False)
    if not whole.startswith(asked):
        raise InputError("the chat template renders a prompt differently once it is answered")
    answer = whole[len(asked) :]
    if end not in answer:
        raise InputError(f"the chat template does not end an answer with {end}: name what does as end_token")
    return asked, answer[: answer.rindex(end) + len(end)]


def encode(tokenizer: Tokenizer, records: Sequence[tuple[Text, Text]]) -> Iterator[tuple[list[int], list[int]]]:
    """Token ids and labels of each record. Raises InputError for text that the tokenizer cannot spell."""
    pairs = [texts(tokenizer, *record) for record in records]
    prompts, answers = (_ids(tokenizer, side) for side in zip(*pairs, strict=True))
    for prompt, answer in zip(prompts, answers, strict=True):
        if tokenizer.unk_token_id is not None and tokenizer.unk_token_id in {*prompt, *answer}:
            raise InputError(f"the tokenizer cannot spell the data: a record becomes {tokenizer.unk_token}")
        yield prompt + answer, [IGNORED] * len(prompt) + answer


def _ids(tokenizer: Tokenizer, text: Sequence[str]) -> list[list[int]]:
    encoded = tokenizer(list(text), add_special_tokens=False, return_attention_mask=False, verbose=False)
    return list(encoded["input_ids"])


def path(out: Path, split: str) -> Path:
    """Where the records of a split are, under the folder of a run."""
    return out / f"{split}.arrow"


def write(source: Source, tokenizer: Tokenizer, longest: int, out: Path) -> dict[str, dict[str, int]]:
    """Write both splits without records of more than `longest` tokens; counts by split, in a file too, which is last.

    Raises InputError where nothing is left to train on.
    """
    if (done := out / COUNTS).exists():
        found: dict[str, dict[str, int]] = json.loads(done.read_text(encoding="utf-8"))
        return found
    out.mkdir(exist_ok=True)
    counts = {split: {"kept": 0, "too long": 0, "tokens": 0} for split in SPLITS}
    for split in SPLITS:

        def fill(at: Path, split: str = split) -> None:
            with pa.OSFile(str(at), "wb") as file, pa.ipc.new_stream(file, _SCHEMA) as stream:
                for batch in source.records(split):
                    stream.write_batch(_batch(tokenizer, batch, longest, counts[split]))

        folder.write(path(out, split), fill)
    if not counts["train"]["kept"]:
        raise InputError(f"all {counts['train']['too long']} training records are longer than {longest} tokens")
    folder.write_text(done, json.dumps(counts))
    return counts


def _batch(tokenizer: Tokenizer, records: Sequence[tuple[Text, Text]], longest: int, count: dict[str, int]) -> Any:
    """The records that fit, as an Arrow batch; `count` goes on counting."""
    kept = [record for record in encode(tokenizer, records) if len(record[0]) <= longest]
    count["kept"] += len(kept)
    count["too long"] += len(records) - len(kept)
    count["tokens"] += sum(len(ids) for ids, _ in kept)
    columns = [pa.array([record[side] for record in kept], kind.type) for side, kind in enumerate(_SCHEMA)]
    return pa.record_batch(columns, schema=_SCHEMA)
