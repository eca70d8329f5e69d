"""The tokenizer: whole tokens for what programs and statements are made of, single bytes for everything else.

A byte-pair model without merges: a piece that is in the vocabulary is one token, any other piece falls into its bytes.
So every UTF-8 string round-trips, and string literals and digits are always spelled out character by character, which
keeps edits of values learnable. The pieces are what `PIECES` cuts; the vocabulary is the most frequent of them in a
sample of programs and statements (values never enter it). Everything is in `tokenizer.json`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

from workers.pipeline.errors import InputError
from workers.pipeline.prompts import tagged

PIECES = "|".join(
    (
        r":?  # ",
        r"\n(?:    )*",
        r"'[^'\n]*'",
        r'"[^"\n]*"',
        r" (?:==|!=|<=|>=|\+=|-=|\*=|//=|%=|//|\*\*|[-+*/%<>=]) ",
        r" (?:not in|in|for|if|else|and|or|is) ",
        r"(?:return|for|if|elif|while|def|not|import|from|del|except|lambda) ",
        r"\.[a-z_]+\(",
        r" ?[A-Za-z_]+\(?",
        r"\d",
        r", ",
        r"\):|\]:|\(\)|\[\]|\{\}|\)\)|\]\)|: (?! )|\. ",
        r"[^\w\s]|\s|\w",
    )
)


ALWAYS = (
    "  # ", ":  # ", "prints", "sums", "call", "end", "raises", "True", "False", "None", " IndexError", " KeyError",
    " ValueError", " ZeroDivisionError", " TypeError", "IndexError", "KeyError", "ValueError", "ZeroDivisionError",
    "TypeError",
    " False", " True", "len", "sum", "max", "min", "set", "abs", "sorted",
    "any", "all", "get", "count", "find", "rfind", "index", "split",
    "join", "upper", "lower", "strip", "title", "replace", "isalpha", "isdigit", "isupper", "islower",
    "isalnum", "isspace", "startswith", "endswith", "int", "ord", "pop", "values", "keys", "items",
)  # fmt: skip
"""Pieces that narratives need, whether or not the sample of programs holds them."""


def pieces(text: str) -> list[str]:
    """What the tokenizer cuts a text into before it looks at the vocabulary."""
    return [piece for piece, _ in pre_tokenizers.Split(Regex(PIECES), "isolated").pre_tokenize_str(text)]


def vocabulary(path: Path) -> dict[str, int]:
    """Token → id, of a `tokenizer.json`. Raises InputError for what is none, OSError where there is no file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"]
        return {str(token): int(n) for token, n in found.items()}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is damaged: {type(error).__name__}: {error}") from None


def build(texts: Iterable[str], size: int) -> Tokenizer:
    """A tokenizer with the special tokens, 256 bytes and the most frequent pieces, `size` entries at most."""
    counts = Counter(piece for text in texts for piece in pieces(text) if not piece.startswith(("'", '"')))
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    vocab = {token: i for i, token in enumerate(tagged.SPECIAL_TOKENS)}
    for char in sorted(pre_tokenizers.ByteLevel.alphabet()):
        vocab.setdefault(char, len(vocab))
    frequent = [piece for piece, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count > 1]
    for piece in [*ALWAYS, *frequent]:
        if len(vocab) < size:
            vocab.setdefault(byte_level.pre_tokenize_str(piece)[0][0], len(vocab))
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[], ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(PIECES), "isolated"), byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in tagged.SPECIAL_TOKENS])
    return tokenizer
