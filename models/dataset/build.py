"""A whole data set: parts, final pass, card, and last of all the manifest.

    FOLDER/build.json         the configuration the folder belongs to
           parts/             what is made in parallel; taken away when the manifest is written
           data/              SPLIT-NUMBER-of-PARTS.parquet
           removed.jsonl      programs of corpora that are too close to an evaluation set, with rule and set
           README.md plots/   the card
           manifest.json      configuration, counts, reasons, checksums, versions
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

from rich.console import Console

from models.config import DataConfig, digest
from models.dataset import card, folder, merge, part, plots, stats, workers
from workers.pipeline.errors import InputError

Shard = tuple[int, int]
"""Number i of n, from 0: the parts whose number leaves i when divided by n."""


def build(
    config: DataConfig, out: Path, processes: int, shard: Shard | None = None, console: Console | None = None
) -> dict[str, Any] | None:
    """Make what is missing in `out`; the manifest, or None where only the parts of a shard were asked for.

    Raises InputError for a folder of another configuration, a bad shard or source, or finished data that is damaged.
    """
    part.check(config)
    folder.claim(out, digest(config))
    console = console or Console(stderr=True)
    if (out / folder.MANIFEST).exists():
        return _finished(out)
    numbers = range(config.parts)[_slice(shard)] if shard else range(config.parts)
    missing = [number for number in numbers if part.record(out, number) is None]
    if missing:
        workers.make(config, missing, out, processes, console)
    return None if shard else _finish(config, out)


def _slice(shard: Shard) -> slice:
    number, of = shard
    if not 0 <= number < of:
        raise InputError(f"no shard {number} of {of}: they are numbered from 0")
    return slice(number, None, of)


def _finish(config: DataConfig, out: Path) -> dict[str, Any]:
    facts = merge.merge(config, out)
    manifest = {"name": config.name, "config": dataclasses.asdict(config), "config_hash": digest(config), **facts}
    figures = stats.collect(out / name for name in facts["files"])
    drawn = plots.draw(figures, out / "plots")
    folder.write_text(out / "README.md", card.card(config, manifest, figures, drawn))
    for name in ("README.md", *(f"plots/{plot}" for plot in drawn)):
        manifest["files"][name] = {"sha256": folder.sha256(out / name)}
    for place in (out, out / merge.FOLDER, out / "plots"):
        folder.sweep(place)
    folder.write_text(out / folder.MANIFEST, json.dumps(manifest, indent=1))
    return _finished(out)


def _finished(out: Path) -> dict[str, Any]:
    """The manifest, once every file is as it says. Raises InputError where one is not."""
    manifest: dict[str, Any] = json.loads((out / folder.MANIFEST).read_text(encoding="utf-8"))
    for name, facts in manifest["files"].items():
        if not (out / name).exists() or folder.sha256(out / name) != facts["sha256"]:
            raise InputError(f"{out / name} is missing or damaged: delete {folder.MANIFEST} to make it anew")
    shutil.rmtree(out / part.FOLDER, ignore_errors=True)
    return manifest
