"""A checkpoint as the engine serves it: checked files, tokenizer, chat template, limits.

Text on one side, token ids on the other. Knows nothing of HTTP, and of the weights only where they lie.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from workers.pipeline.errors import CheckpointError, ContextLengthError, InputError
from workers.pipeline.manifest import Manifest, read_manifest, verify_files


@dataclass(frozen=True, slots=True)
class Served:
    """One checkpoint. Build it with `read`."""

    manifest: Manifest
    tokenizer: Tokenizer
    chat_template: Template | None
    special: Mapping[str, str]
    """What the template may refer to: `eos_token` and its like."""
    end_ids: tuple[int, ...]
    """Token ids that end a completion."""

    def encode(self, text: str, add_special_tokens: bool = True) -> tuple[int, ...]:
        """Token ids of a prompt. Raises `ContextLengthError` without encoding for a text that cannot fit."""
        longest = max(map(len, self.tokenizer.get_vocab()), default=1)
        if len(text) > longest * self.manifest.context_length:
            raise ContextLengthError(
                f"the prompt has {len(text)} characters: more than {self.manifest.context_length} tokens can hold, "
                "which is this model's maximum context length"
            )
        return tuple(self.tokenizer.encode(text, add_special_tokens=add_special_tokens).ids)

    def room(self, prompt: Sequence[int], max_tokens: int | None) -> int:
        """How many tokens may follow the prompt: what is asked for, or all that fit. Raises `InputError`."""
        if not prompt:
            raise InputError("the prompt is empty")
        if max(prompt) >= self.tokenizer.get_vocab_size() or min(prompt) < 0:
            raise InputError("the prompt holds a token id outside the vocabulary")
        context, wanted = self.manifest.context_length, 1 if max_tokens is None else max_tokens
        if len(prompt) + wanted > context:
            raise ContextLengthError(
                f"This model's maximum context length is {context} tokens, but the prompt has {len(prompt)} input "
                f"tokens and max_tokens is {wanted}"
            )
        return context - len(prompt) if max_tokens is None else max_tokens

    def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The prompt text that the checkpoint's own chat template makes of messages. Raises `InputError`."""
        if self.chat_template is None:
            raise InputError("this checkpoint has no chat template: use /v1/completions")
        try:
            return self.chat_template.render(
                messages=list(messages), add_generation_prompt=True, tools=None, documents=None, **self.special
            )
        except TemplateError as error:
            raise InputError(f"the chat template refuses these messages: {error}") from error

    def text(self, tokens: Sequence[int], stop: Sequence[str], skip_special_tokens: bool) -> tuple[str, bool]:
        """The text of generated tokens up to an end token or the first stop string, and whether either was met."""
        ended = bool(tokens) and tokens[-1] in self.end_ids
        text = self.tokenizer.decode(list(tokens[:-1] if ended else tokens), skip_special_tokens=skip_special_tokens)
        cuts = [at for string in stop if (at := text.find(string)) >= 0]
        return text[: min(cuts)] if cuts else text, ended or bool(cuts)

    def stop_check(self, stop: Sequence[str], skip_special_tokens: bool) -> Callable[[int], bool]:
        """A function that is told each generated token and says whether a stop string has appeared."""
        if not stop:
            return lambda _token: False
        added = self.tokenizer.get_added_tokens_decoder()
        unseen = {token for token, content in added.items() if skip_special_tokens and content.special}
        # Each visible token is at least one byte, so these cover the longest stop string and a token that overhangs it.
        window: deque[int] = deque(maxlen=max(len(string.encode()) for string in stop) + 1)

        def met(token: int) -> bool:
            if token in unseen:
                return False
            window.append(token)
            text = self.tokenizer.decode(list(window), skip_special_tokens=skip_special_tokens)
            return any(string in text for string in stop)

        return met


def read(folder: Path) -> Served:
    """Check a checkpoint folder against its manifest and read all but its weights. Raises `CheckpointError`."""
    manifest = read_manifest(folder)
    verify_files(folder, manifest)
    missing = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} - manifest.files.keys()
    if missing:
        raise CheckpointError(f"checkpoint {folder}: the manifest does not name {', '.join(sorted(missing))}")
    settings = _json(folder / "tokenizer_config.json")
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # the library raises no narrower type
        raise CheckpointError(f"checkpoint {folder}: tokenizer.json cannot be read: {error}") from error
    return Served(
        manifest=manifest,
        tokenizer=tokenizer,
        chat_template=_chat_template(folder, settings),
        special={name: token for name in ("bos_token", "eos_token", "pad_token") if (token := _token(settings, name))},
        end_ids=_end_ids(folder),
    )


def _chat_template(folder: Path, settings: Mapping[str, Any]) -> Template | None:
    """From its own file, as newer checkpoints have it, or from the tokenizer's settings."""
    own = folder / "chat_template.jinja"
    source = own.read_text(encoding="utf-8") if own.is_file() else settings.get("chat_template")
    if not isinstance(source, str):
        return None
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = _refuse
    try:
        return environment.from_string(source)
    except TemplateError as error:
        raise CheckpointError(f"checkpoint {folder}: the chat template is not valid: {error}") from error


def _refuse(message: str) -> None:
    """What templates call for messages they cannot express."""
    raise TemplateError(message)


def _token(settings: Mapping[str, Any], name: str) -> str | None:
    """A special token stands in the settings as text, or as an object that holds it."""
    token = settings.get(name)
    return token.get("content") if isinstance(token, dict) else token


def _end_ids(folder: Path) -> tuple[int, ...]:
    """`eos_token_id` of generation_config.json and config.json: one id, several or none in each."""
    ids: set[int] = set()
    for name in ("config.json", "generation_config.json"):
        found = _json(folder / name).get("eos_token_id") if (folder / name).is_file() else None
        ids.update(found if isinstance(found, list) else [] if found is None else [found])
    if not ids:
        raise CheckpointError(f"checkpoint {folder}: no eos_token_id")
    if min(ids) < 0 or max(ids) >= _json(folder / "config.json").get("vocab_size", 0):
        # CTranslate2 4.8.5 writes outside its memory for an end token outside the vocabulary
        raise CheckpointError(f"checkpoint {folder}: an eos_token_id is outside the vocabulary")
    return tuple(sorted(ids))


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise CheckpointError(f"{path} is not a JSON object")
    return data
