"""Prompts as token ids, and whether a tokenizer can carry a prompt style. Takes any Hugging Face tokenizer."""

from __future__ import annotations

from typing import Any

from workers.pipeline.prompts import tagged
from workers.pipeline.types import Prompt


def encode(tokenizer: Any, prompt: Prompt) -> list[int]:
    """Token ids of a prompt: a text as it stands, messages through the chat template."""
    if prompt.text is not None:
        return list(tokenizer(prompt.text, add_special_tokens=False)["input_ids"])
    messages = [dict(message) for message in prompt.messages or ()]
    return list(tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"])


def answer(tokenizer: Any, text: str) -> list[int]:
    """Token ids of an answer as a model would write it, up to the end token."""
    ids = list(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])  # too long is no surprise
    return ids if ids[-1:] == [tokenizer.eos_token_id] else [*ids, tokenizer.eos_token_id]


def speaks(tokenizer: Any, style: str) -> str | None:
    """Why a tokenizer cannot carry a prompt style, or None."""
    if style == "chat":
        return None if tokenizer.chat_template else "it has no chat template"
    cut = [tag for tag in tagged.SPECIAL_TOKENS if len(tokenizer(tag, add_special_tokens=False)["input_ids"]) != 1]
    if cut:
        return f"it has no token {cut[0]}"
    return None if tokenizer.eos_token == tagged.END else f"its end token is not {tagged.END}"
