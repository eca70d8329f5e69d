"""A model in the form that CTranslate2 reads, made by its own converter. Imports torch, when it is called."""

from __future__ import annotations

import json
from pathlib import Path

from workers.pipeline.errors import CheckpointError


def convert(model: Path, form: Path, end: str) -> Path:
    """Write the float32 form of a Hugging Face folder into `form`; `end` is its end token.

    Raises CheckpointError for an architecture that CTranslate2 does not know.
    """
    from ctranslate2.converters import TransformersConverter

    try:
        TransformersConverter(str(model)).convert(str(form))
    except ValueError as error:
        raise CheckpointError(f"CTranslate2 cannot take {model.name}: {error}") from error
    path = form / "config.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    # it wants a start and an unknown token, which a tokenizer may lack and no request here uses
    told |= {name: told.get(name) or end for name in ("bos_token", "eos_token", "unk_token")}
    path.write_text(json.dumps(told), encoding="utf-8")
    return form
