"""What a run's results depend on, said beside them: model, what serving goes by, configuration, data.

Two runs that are described alike measure the same, so that one can go on where the other was stopped.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from models import checkpoint
from models.dataset.folder import sha256
from models.eval import options, suites
from models.eval.options import CONTEXT
from workers.pipeline.config import PipelineConfig
from workers.pipeline.manifest import Manifest
from workers.pipeline.prompts import PROMPT_VERSION

ASKED = 2
"""Version of what is asked of a model besides its prompts. 2: a simulated run has all that its prompt leaves of the
context; before, five eighths."""
FITTED = "fitted in this run"
"""Instead of what the manifest held before `--write` or `--fit-only`."""


def about(
    args: argparse.Namespace, config: PipelineConfig, manifest: Manifest | None, name: str, chosen: Sequence[str]
) -> dict[str, Any]:
    """All of it, ready for JSON. Results of different prompt versions are never put into one table."""
    serving = _plain_chat(args) if manifest is None else _by_manifest(args, manifest)
    return {
        **serving, "model": name, "url": args.url, "asked": ASKED,
        **asdict(config), "samples": args.samples, "limit": args.limit,
        "facts": args.facts and str(args.facts), "python": platform.python_version(),
        "data": data(chosen, args.data),
    }  # fmt: skip


def _by_manifest(args: argparse.Namespace, manifest: Manifest) -> dict[str, Any]:
    fitted = options.parts(args)
    return {
        "checkpoint": manifest.name, "weights": manifest.files.get(checkpoint.WEIGHTS, ""),
        "files": dict(manifest.files), "parameters": manifest.parameters, "prompt_version": manifest.prompt_version,
        "prompt_style": manifest.prompt_style, "narrative_style": manifest.narrative_style,
        "context_length": manifest.context_length,
        "calibration": FITTED if "calibration" in fitted else [asdict(entry) for entry in manifest.calibration],
        "others": FITTED if "others" in fitted else [asdict(one) for one in manifest.others],
        "belief": FITTED if "belief" in fitted else manifest.belief and asdict(manifest.belief),
    }  # fmt: skip


def _plain_chat(args: argparse.Namespace) -> dict[str, Any]:
    """A model of which only the server's name for it is known: neither its weights, nor how honest it is."""
    return {
        "checkpoint": None, "weights": "", "files": {}, "parameters": None, "prompt_version": PROMPT_VERSION,
        "prompt_style": "chat", "narrative_style": "prose", "context_length": args.context or CONTEXT,
        "calibration": [], "others": [], "belief": None,
    }  # fmt: skip


def data(chosen: Sequence[str], folder: Path | None) -> dict[str, dict[str, str]]:
    """The file of each suite, by name and checksum."""
    found = {suite: suites.find(suite, folder) for suite in chosen}
    return {suite: {"file": path.name, "sha256": sha256(path)} for suite, path in found.items()}


def calibrated(told: Mapping[str, Any]) -> bool:
    """Whether confidences are measured ones; taken to be so where results are of before this was told."""
    return told.get("calibration") != []


def differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """In what two descriptions differ, in words. Suites that only one of them has are no difference."""
    there, here = _flat(there), _flat(here)
    names = [name for name in here | there if name not in ("data", "files")]
    found = [name for name in names if _differs(name, there, here)]
    return [f"{name} was {_short(there, name)} and is {_short(here, name)}" for name in found]


def _flat(told: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON has it, with files and data by name."""
    plain = json.loads(json.dumps(told))
    return {**plain, **dict(_entries(plain, "files")), **dict(_entries(plain, "data"))}


def _entries(told: Mapping[str, Any], part: str) -> Iterator[tuple[str, Any]]:
    inner = told.get(part)
    for name, value in inner.items() if isinstance(inner, Mapping) else ():
        yield f"{part} {name}", value


def _differs(name: str, there: Mapping[str, Any], here: Mapping[str, Any]) -> bool:
    if name.startswith("data ") and not (name in there and name in here):
        return False
    return bool((name in there) != (name in here) or there.get(name) != here.get(name))


def _short(told: Mapping[str, Any], name: str) -> str:
    text = json.dumps(told[name]) if name in told else "not told"
    return text if len(text) <= 40 else text[:39] + "…"
