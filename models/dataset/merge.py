"""The final pass: parts → splits without duplicates. A function of the parts alone, in the order of their numbers.

Of equal rows the one in the first part stays, and so do the first `same_program` rows of one task whose programs are
equal up to names, literals and layout; a pair of verdicts stays or goes as a whole. Only ids and keys of all parts are
in memory at once, never the rows.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from models.config import DataConfig
from models.dataset import folder, part, schema
from models.dataset.kept import Kept, together
from workers.pipeline.errors import InputError

FOLDER = "data"
REMOVED = "removed.jsonl"
"""Which programs of corpora are too close to an evaluation set; there only if some are."""
SPLITS = ("train", "validation", "test")


def merge(config: DataConfig, out: Path) -> dict[str, Any]:
    """Write `data/SPLIT-NUMBER-of-PARTS.parquet`; returns counts, checksums and versions for the manifest.

    Raises InputError where parts are missing or were made by different versions, and where no part has a row.
    """
    records = [part.record(out, number) for number in range(config.parts)]
    if missing := [number for number, record in enumerate(records) if record is None]:
        raise InputError(f"{len(missing)} of {config.parts} parts are missing, first number {missing[0]}")
    found = [record for record in records if record is not None]
    decisive = ("prompt_version", "pyarrow", "schema", "corpora", "journals")
    if len(made_by := {str([r["versions"][name] for name in decisive]) for r in found}) > 1:
        raise InputError(f"parts were made by different versions of {decisive}, {sorted(made_by)}: start anew")
    counts, dropped = Counter[tuple[str, str, str]](), Counter[tuple[str, str]]()
    narratives = Counter[str]()
    for record in found:
        dropped.update({(source, reason): count for source, reason, count in record["dropped"]})
    if not any(record["rows"] for record in found):
        reasons = ", ".join(f"{source}: {reason} ({count})" for (source, reason), count in dropped.most_common())
        raise InputError(f"no source gave a row; {reasons}")
    removed = [dict(zip(("source", "group", "reason"), row, strict=True)) for r in found for row in r["removed"]]
    if removed:
        folder.write_text(out / REMOVED, "".join(json.dumps(row) + "\n" for row in removed))
    (out / FOLDER).mkdir(exist_ok=True)
    kept, files = Kept(config.same_program), dict[str, dict[str, Any]]()
    for number in range(config.parts):
        content = _without_duplicates(schema.read(part.path(out, number)), kept, dropped)
        counts.update(zip(*(content[name].to_pylist() for name in ("origin", "task", "split")), strict=True))
        narratives.update(name for name in content["narrative"].to_pylist() if name is not None)
        for split in SPLITS:
            chosen = schema.where(content, [own == split for own in content["split"].to_pylist()])
            name = f"{FOLDER}/{split}-{number:05d}-of-{config.parts:05d}.parquet"
            if chosen.num_rows:
                schema.write(out / name, chosen)
                files[name] = {"rows": chosen.num_rows, "sha256": folder.sha256(out / name)}
    return {
        "rows": sum(counts.values()), "counts": nested(counts), "narratives": dict(sorted(narratives.items())),
        "dropped": nested(dropped), "files": files,
        "parts": [record["sha256"] for record in found], "versions": found[0]["versions"],
    }  # fmt: skip


def _without_duplicates(content: schema.Table, kept: Kept, dropped: Counter[tuple[str, str]]) -> schema.Table:
    mask = list[bool]()
    for several in together(content.select(["id", "task", "key", "origin"]).to_pylist()):
        reason = kept.why_not(*several)
        mask += [reason is None] * len(several)
        if reason is not None:
            dropped[several[0]["origin"], f"{reason} in an earlier part"] += len(several)
    return schema.where(content, mask)


def nested(counts: Counter[Any]) -> dict[str, Any]:
    """Counts by tuples as dictionaries in dictionaries, sorted."""
    out: dict[str, Any] = {}
    for keys, count in sorted(counts.items()):
        inner = out
        for key in keys[:-1]:
            inner = inner.setdefault(key, {})
        inner[keys[-1]] = count
    return out
