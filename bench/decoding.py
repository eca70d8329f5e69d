"""What keeping freed memory is worth to decoding on a CPU, and how many rows a batch should have.

    python -m bench.decoding --checkpoint FOLDER [--repeat N] [--out decoding.json]

Every batch size is decoded in a process that keeps its memory (`workers.memory`), as the engine does, and in one that
gives it back, in turn; as many batches at a time as there are cores, all rows of the same number of tokens.
Medians count. On shared cores only the ratios mean something.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from workers.ct2 import cached_form
from workers.decoding import Decoder, Decoding, Row
from workers.memory import keep_freed
from workers.pipeline.manifest import read_manifest

PROMPT = tuple(range(100, 250))
"""Any tokens will do: nothing ends a row but its number of tokens."""


def rate(form: Path, rows: int, tokens: int, threads: int) -> float:
    """Output tokens per second of this process."""
    decoder = Decoder(form, [], threads)

    def batch(_: int) -> None:
        decoder.decode([Row(Decoding(PROMPT, tokens), lambda _: False) for _ in range(rows)], lambda _: None)

    try:
        with ThreadPoolExecutor(threads) as pool:
            started = time.perf_counter()
            list(pool.map(batch, range(threads)))
            return threads * rows * tokens / (time.perf_counter() - started)
    finally:
        decoder.close()


def measured(options: argparse.Namespace, rows: int, memory: str) -> float:
    """The same of a fresh process."""
    argv = [sys.executable, "-m", "bench.decoding", "--checkpoint", str(options.checkpoint), "--rows", str(rows)]
    argv += ["--tokens", str(options.tokens), "--threads", str(options.threads), "--memory", memory]
    return float(subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout)


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.decoding", description="Decoding, by memory and batch size.")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 4, 8, 16, 32])
    parser.add_argument("--tokens", type=int, default=400, help="of each row")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--memory", choices=("kept", "given back"), help="only this, in this process")
    parser.add_argument("--out", type=Path, help="file for the figures as JSON")
    options = parser.parse_args()
    if options.memory == "kept":
        keep_freed()  # before any thread is there
    form = cached_form(options.checkpoint, read_manifest(options.checkpoint).files["model.safetensors"])
    if options.memory:
        print(rate(form, options.rows[0], options.tokens, options.threads))
        return

    found: dict[tuple[int, str], list[float]] = {(n, how): [] for n in options.rows for how in ("kept", "given back")}
    for _ in range(options.repeat):
        for (rows, how), own in found.items():
            own.append(measured(options, rows, how))
    table = Table("rows", "tokens/s", "memory given back", "ratio", "beside the first", title="decoding")
    results = []
    for rows in options.rows:
        kept, back = (statistics.median(found[rows, how]) for how in ("kept", "given back"))
        first = statistics.median(found[options.rows[0], "kept"])
        table.add_row(str(rows), f"{kept:.0f}", f"{back:.0f}", f"{kept / back:.2f}", f"{kept / first:.2f} times")
        results.append({"rows": rows, "kept": found[rows, "kept"], "given back": found[rows, "given back"]})
    Console().print(table)
    if options.out:
        setting = {"checkpoint": options.checkpoint.name, "tokens": options.tokens, "threads": options.threads}
        setting |= {"machine": platform.machine(), "load": os.getloadavg()[0]}
        options.out.write_text(json.dumps(setting | {"tokens_per_second": results}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
