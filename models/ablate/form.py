"""A checkpoint in the form that CTranslate2 reads, made by its own converter. Imports torch, when it is called."""

from __future__ import annotations

import json
from pathlib import Path

from workers.pipeline.prompts.tagged import END


def convert(checkpoint: Path, form: Path) -> Path:
    """Write the float32 form of a checkpoint of the tagged style into `form`."""
    from ctranslate2.converters import TransformersConverter

    TransformersConverter(str(checkpoint)).convert(str(form))
    path = form / "config.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    told |= {name: told.get(name) or END for name in ("bos_token", "eos_token", "unk_token")}  # it wants some of each
    path.write_text(json.dumps(told), encoding="utf-8")
    return form
