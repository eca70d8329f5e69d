"""What decontamination takes away: training records drawn as a configuration says, counted by rule and set.

Draws what `models.pretrain.prepare` draws for the first shard and keeps nothing of it. With the benchmark files it also
counts how many of their programs and statements the index recognizes, as they stand. Writes OUT.json and OUT.md.

    python -m models.dataset.decontaminated --config models/configs/nano-gpu.toml \\
        --benchmarks FOLDER --out docs/data/decontamination
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from models import config as configs
from models.config import DatasetConfig, digest
from models.dataset import decontaminate, freeze
from models.dataset.decontaminate import N_GRAMS, SYNTAX_TREE, Decontaminator
from models.dataset.folder import write_text
from models.dataset.stream import stream
from models.trace.limits import limit_child
from workers.pipeline.errors import DeskcheckError, InputError

RULES = (SYNTAX_TREE, N_GRAMS)


def sample(config: DatasetConfig, records: int) -> dict[str, Any]:
    """Counts over the draws that `records` kept ones take. For a child process with limits, since it runs programs."""
    dropped, kept = Counter[str](), Counter[str]()
    drawn = stream(config, f"{config.seed}:0", Decontaminator.load(), dropped)
    for _, record in zip(range(records), drawn, strict=False):
        kept[record.task] += 1
    close: dict[str, dict[str, int]] = {rule: {} for rule in RULES}
    for reason, count in sorted(dropped.items()):
        rule, _, name = reason.partition(": ")
        if rule in close:
            close[rule][name] = count
    others = {reason: count for reason, count in sorted(dropped.items()) if reason.partition(": ")[0] not in close}
    tasks = dict(sorted(kept.items()))
    return {"kept": tasks, "close to an evaluation set": close, "no record for other reasons": others}


def recognized(items: Iterable[tuple[str, Mapping[str, Any]]], known: Decontaminator) -> dict[str, dict[str, int]]:
    """For each set: its items, their programs and statements, and how many of these would be dropped."""
    found: dict[str, Counter[str]] = {}
    for name, item in items:
        counts = found.setdefault(name, Counter())
        codes, texts = decontaminate.programs(item), decontaminate.statements(item)
        counts["items"] += 1
        counts["programs"] += len(codes)
        counts["programs recognized"] += sum(known.why(code) is not None for code in codes)
        counts["statements"] += len(texts)
        counts["statements recognized"] += sum(known.why("", text) is not None for text in texts)
    return {name: dict(counts) for name, counts in sorted(found.items())}


def frozen() -> list[tuple[str, dict[str, str]]]:
    """The programs of the project's own evaluation sets as benchmark items."""
    return [(f"frozen: {name}", {"code": code}) for name in freeze.SETS for code in freeze.programs([name])]


def facts(path: Path, records: int, benchmarks: Path | None) -> dict[str, Any]:
    """Everything the report says. Raises InputError for what cannot be read."""
    if records < 1:
        raise InputError("--records is at least 1")
    config, known = configs.load(path).dataset, Decontaminator.load()
    items = [*frozen(), *(decontaminate.rows(benchmarks) if benchmarks else ())]
    with multiprocessing.get_context("spawn").Pool(1, limit_child) as pool:
        counts = pool.apply(sample, (config, records))
    trees, grams = Counter(known.trees.values()), Counter(known.grams.values())
    held = {name: {"syntax trees": trees[name], "n-grams": grams[name]} for name in sorted({*trees, *grams})}
    return {
        "config": path.name, "dataset hash": digest(config), "stream": f"{config.seed}:0", "records": records,
        **counts, "index": held, "sets": recognized(items, known),
    }  # fmt: skip


def told(found: Mapping[str, Any]) -> str:
    """The report as Markdown."""
    close, others = found["close to an evaluation set"], found["no record for other reasons"]
    away = {rule: sum(close[rule].values()) for rule in RULES}
    whole = found["records"] + sum(away.values())
    lines = [
        "# Decontamination", "",
        f"A **sample**: the first {found['records']:,} records that `{found['config']}` draws (its stream "
        f"`{found['stream']}`) with the generators and the index of today. `models/dataset/decontaminated.py` counts, "
        "`decontaminate.py` beside it has the rules.",
        "", "| | records | share |", "| --- | --- | --- |",
        *(f"| {name} | {count:,} | {100 * count / whole:.2f} % |" for name, count in (
            ("drawn, with a true completion", whole), *((f"dropped: {rule}", away[rule]) for rule in RULES),
            ("kept", found["records"]),
        )),
        "", f"Kept: {', '.join(f'{count:,} {task}' for task, count in found['kept'].items())}. Before that, "
        f"{sum(others.values()):,} draws gave no record, for reasons that have nothing to do with evaluation sets.",
        "", "| dropped as close to | by syntax tree | by n-grams |", "| --- | --- | --- |",
        *(
            f"| {name} | {close[SYNTAX_TREE].get(name, 0):,} | {close[N_GRAMS].get(name, 0):,} |"
            for name in sorted({*close[SYNTAX_TREE], *close[N_GRAMS]})
        ),
        "", "## What the index holds", "", "| set | syntax trees | n-grams (one in eight) |", "| --- | --- | --- |",
        *(f"| {name} | {x['syntax trees']:,} | {x['n-grams']:,} |" for name, x in found["index"].items()),
        "", "What occurs in several sets is counted with the first of them, also above.",
        "", "## What it recognizes of the sets themselves", "",
        "| set | items | programs recognized | statements recognized |", "| --- | --- | --- | --- |",
        *(
            f"| {name} | {x['items']:,} | {x['programs recognized']:,} of {x['programs']:,} "
            f"| {x['statements recognized']:,} of {x['statements']:,} |"
            for name, x in found["sets"].items()
        ),
        "", "A statement of a sentence or two has too few runs of 13 tokens to be recognized; its program is.", "",
    ]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    """Count, and write both files."""
    about, _, usage = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m models.dataset.decontaminated",
        description=about, epilog=usage, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--config", type=Path, required=True, help="of a nano model")
    parser.add_argument("--records", type=int, default=20_000, help="how many are kept (default: 20000)")
    parser.add_argument("--benchmarks", type=Path, help="folder of JSON Lines, one set a file")
    parser.add_argument("--out", type=Path, required=True, help="name of the report without .json and .md")
    args = parser.parse_args()
    try:
        found = facts(args.config, args.records, args.benchmarks)
        write_text(args.out.with_suffix(".json"), json.dumps(found, indent=1) + "\n")
        write_text(args.out.with_suffix(".md"), told(found))
    except (DeskcheckError, OSError) as error:
        sys.exit(f"error: {error}")
    print(told(found))


if __name__ == "__main__":
    main()
