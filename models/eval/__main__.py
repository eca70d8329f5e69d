"""`python -m models.eval --checkpoint FOLDER`: how good a checkpoint is at predicting, solving and repairing.

Suites: `programs` (500 frozen programs), `problems` (200 frozen stated problems), `cruxeval` (a CRUXEval-O file).
Candidates run only in the sandbox; where there is none, `problems` refuses. `--write` stores figures and the
calibration table in the checkpoint's manifest.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import signal
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from models import checkpoint
from models.dataset import freeze, fresh
from models.eval import engine, predicting, report, solving
from models.sandbox import Sandbox, SandboxUnavailable
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import DeskcheckError, InputError
from workers.pipeline.manifest import read_manifest
from workers.pipeline.model import Model

SUITES = ("programs", "problems", "cruxeval")
CALIBRATION_PROGRAMS = 400


def parser() -> argparse.ArgumentParser:
    """The command line."""
    out = argparse.ArgumentParser(prog="python -m models.eval", description=__doc__)
    out.add_argument(
        "--checkpoint", type=Path, required=True, help="checkpoint folder; with --url only its manifest is read"
    )
    out.add_argument("--url", help="evaluate this OpenAI-compatible server instead of starting the embedded engine")
    out.add_argument("--model", help="the name by which the server at --url knows it; default: the manifest's")
    out.add_argument("--suite", choices=SUITES, action="append", help="repeat for several; all by default")
    out.add_argument("--cruxeval", type=Path, help="JSON lines with id, code, input, output; needed for that suite")
    out.add_argument("--candidates", type=int, default=8)
    out.add_argument("--limit", type=int, help="only the first so many items of each suite and of the calibration")
    out.add_argument("--seed", type=int, default=0)
    out.add_argument("--json", type=Path, help="write all results here")
    out.add_argument("--write", action="store_true", help="calibrate, and store figures and table in the manifest")
    return out


async def evaluate(args: argparse.Namespace) -> dict[str, Any]:
    """Run the chosen suites; prints each table as it is done."""
    chosen = args.suite or [s for s in SUITES if s != "cruxeval" or args.cruxeval]
    if "cruxeval" in chosen and not args.cruxeval:
        raise InputError("suite cruxeval needs --cruxeval FILE")
    config = PipelineConfig(candidates=args.candidates, seed=args.seed, concurrency=256)
    results: dict[str, Any] = {}
    manifest = read_manifest(args.checkpoint)
    name = args.model or manifest.name
    serving = (
        engine.remote(args.url, manifest, name, config.concurrency)
        if args.url
        else engine.served(args.checkpoint, config.concurrency)
    )
    async with AsyncExitStack() as stack:
        # first of all, so that nothing is spent where candidates cannot be run
        sandbox = stack.enter_context(Sandbox(os.cpu_count() or 1)) if "problems" in chosen else None
        model = await stack.enter_async_context(serving)
        if args.write:
            items = _calibration_items(min(CALIBRATION_PROGRAMS, args.limit or CALIBRATION_PROGRAMS))
            table = await predicting.calibration(items, dataclasses.replace(model, calibration=()), config)
            results["calibration"] = [dataclasses.asdict(b) for b in table]
            model = dataclasses.replace(model, calibration=table)
        for suite in chosen:
            begun = time.monotonic()
            results[suite] = await _suite(suite, args, model, config, sandbox)
            results[suite]["seconds"] = time.monotonic() - begun
            print(report.table(suite, results[suite]), flush=True)
    return results


async def _suite(
    suite: str, args: argparse.Namespace, model: Model, config: PipelineConfig, sandbox: Sandbox | None
) -> dict[str, Any]:
    if suite == "problems":
        if sandbox is None:
            raise SandboxUnavailable("candidates run in a sandbox only")
        items = solving.tasks(freeze.load("solve")[: args.limit])
        graded = solving.grade(items, await solving.run(items, model, config), sandbox)
        return solving.summarize(items, graded, config.candidates)
    if suite == "cruxeval":
        programs = predicting.cruxeval_items(_rows(args.cruxeval)[: args.limit])
    else:
        programs = predicting.frozen_items(freeze.load("predict")[: args.limit])
    return await predicting.evaluate(programs, model, config)


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {error}") from error


def _calibration_items(count: int) -> list[predicting.Item]:
    """Fresh programs, none of them frozen: the table is fitted on what nothing reports."""
    return predicting.frozen_items(fresh.programs(count, "calibration"))


def store(folder: Path, results: dict[str, Any]) -> None:
    """Put figures (without the long lists) and the calibration table into the manifest."""
    manifest = json.loads((folder / checkpoint.MANIFEST).read_text())
    long = ("items", "by what it uses")
    figures = report.plain(
        {k: {n: v for n, v in s.items() if n not in long} for k, s in results.items() if k in SUITES}
    )
    manifest["evaluation"] |= figures
    manifest["calibration"] = results["calibration"]
    checkpoint.complete(folder, {k: v for k, v in manifest.items() if k != "files"})


def main() -> None:
    """Evaluate, print, and write what was asked for."""
    args = parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that the engine is stopped too
    try:
        results = asyncio.run(evaluate(args))
    except DeskcheckError as error:
        sys.exit(f"error: {error}")
    if args.json:
        args.json.write_text(json.dumps(report.plain(results), indent=1))
    if args.write:
        store(args.checkpoint, results)


if __name__ == "__main__":
    main()
