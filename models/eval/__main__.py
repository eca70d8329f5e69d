"""`python -m models.eval --checkpoint FOLDER`: how good a checkpoint is at predicting, solving, repairing and judging.

Suites: the frozen `programs` and `problems`, and every benchmark of `models.eval.suites` whose file is in `--data`.
Programs run only in the sandbox; where there is none, suites that need it are refused. `--write` stores figures in the
checkpoint's manifest, and what serving goes by: calibration table and belief, fitted on fresh programs and problems.
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
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from models import checkpoint
from models.dataset import fresh
from models.eval import believing, benchmarks, choosing, engine, predicting, report, solving, suites, verifying
from models.sandbox import Sandbox, SandboxUnavailable
from workers.pipeline.believe import Belief
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import DeskcheckError, InputError
from workers.pipeline.manifest import Manifest, read_manifest
from workers.pipeline.model import Model

_FACTS = TypeAdapter(list[believing.Seen])
_DEFAULTS = PipelineConfig()
CALIBRATION_PROGRAMS, BELIEF_PROBLEMS = 400, 100


def parser() -> argparse.ArgumentParser:
    """The command line."""
    out = argparse.ArgumentParser(prog="python -m models.eval", description=__doc__)
    out.add_argument(
        "--checkpoint", type=Path, required=True, help="checkpoint folder; with --url only its manifest is read"
    )
    out.add_argument("--url", help="evaluate this OpenAI-compatible server instead of starting the embedded engine")
    out.add_argument("--model", help="the name by which the server at --url knows it; default: the manifest's")
    out.add_argument("--suite", choices=suites.SUITES, action="append", help="repeat for several; default: all found")
    out.add_argument("--data", type=Path, help="folder of benchmark files, or one file for one suite")
    out.add_argument("--candidates", type=int, default=8, help="programs sampled for each problem")
    out.add_argument("--rounds", type=int, default=3, help="repair rounds")
    out.add_argument("--votes", type=int, default=1, help="runs for each candidate and test; 1 is greedy")
    out.add_argument("--samples", type=int, default=0, help="sampled predictions of each program, for @1, @5 and @10")
    out.add_argument(
        "--max-program-tokens", type=int, default=_DEFAULTS.max_program_tokens, help="most for one program"
    )
    out.add_argument(
        "--max-narrative-tokens", type=int, default=_DEFAULTS.max_narrative_tokens, help="most for one simulated run"
    )
    out.add_argument("--limit", type=int, help="only the first so many items of each suite and of the calibration")
    out.add_argument("--seed", type=int, default=0)
    out.add_argument("--json", type=Path, help="write all results here; `python -m models.eval.table` reads them")
    out.add_argument("--write", action="store_true", help="calibrate, fit the belief, and store all in the manifest")
    out.add_argument("--fit-only", action="store_true", help="fit the belief and store that alone; runs no suite")
    out.add_argument("--facts", type=Path, help="what the belief is fitted on: read from here, else kept here")
    return out


async def evaluate(args: argparse.Namespace) -> dict[str, Any]:
    """Run the chosen suites; prints each table as it is done."""
    chosen = [] if args.fit_only else args.suite or suites.available(args.data)
    rows = {name: suites.rows(name, args.data)[: args.limit] for name in chosen}
    config = PipelineConfig(
        candidates=args.candidates, rounds=args.rounds, votes=args.votes, seed=args.seed, concurrency=256,
        max_program_tokens=args.max_program_tokens, max_narrative_tokens=args.max_narrative_tokens,
    )  # fmt: skip
    manifest = read_manifest(args.checkpoint)
    name = args.model or manifest.name
    results: dict[str, Any] = {"about": about(args, manifest)}
    serving = (
        engine.remote(args.url, manifest, name, config.concurrency)
        if args.url
        else engine.served(args.checkpoint, config.concurrency)
    )
    async with AsyncExitStack() as stack:
        # first of all, so that nothing is spent where programs cannot be run
        executing = args.write or args.fit_only or any(suites.SUITES[name].kind != "predict" for name in chosen)
        sandbox = stack.enter_context(Sandbox(os.cpu_count() or 1)) if executing else None
        model = await stack.enter_async_context(serving)
        if args.write:
            items = _calibration_items(min(CALIBRATION_PROGRAMS, args.limit or CALIBRATION_PROGRAMS))
            table = await predicting.calibration(items, dataclasses.replace(model, calibration=()), config)
            results["calibration"] = [dataclasses.asdict(b) for b in table]
            model = dataclasses.replace(model, calibration=table)
        if sandbox is not None and (args.write or args.fit_only):
            belief, results["belief"] = await _belief(args, model, config, sandbox)
            model = dataclasses.replace(model, belief=belief)
        for suite in chosen:
            begun = time.monotonic()
            results[suite] = await _suite(suite, rows[suite], args, model, config, sandbox)
            results[suite]["seconds"] = time.monotonic() - begun
            print(report.table(suite, results[suite]), flush=True)
    return results


def about(args: argparse.Namespace, manifest: Manifest) -> dict[str, Any]:
    """What the results depend on; results of different prompt versions are never put into one table."""
    settings = (
        "candidates", "rounds", "votes", "samples", "max_program_tokens", "max_narrative_tokens", "limit", "seed",
        "url",
    )  # fmt: skip
    return {
        "checkpoint": manifest.name, "weights": manifest.files.get(checkpoint.WEIGHTS, ""),
        "parameters": manifest.parameters, "prompt_version": manifest.prompt_version,
        "prompt_style": manifest.prompt_style, "narrative_style": manifest.narrative_style,
        **{name: getattr(args, name) for name in settings},
    }  # fmt: skip


async def _suite(
    name: str, rows: list[dict[str, Any]], args: argparse.Namespace, model: Model, config: PipelineConfig,
    sandbox: Sandbox | None,
) -> dict[str, Any]:  # fmt: skip
    suite = suites.SUITES[name]
    if suite.kind == "predict":
        items = predicting.frozen_items(rows) if name in suites.FROZEN else predicting.cruxeval_items(rows)
        return await predicting.evaluate(items, model, config, args.samples)
    if sandbox is None:
        raise SandboxUnavailable("programs run in a sandbox only")
    read = benchmarks.read(rows) if name in suites.FROZEN else suite.read(rows)
    left_out = Counter(read.left_out)
    if suite.kind == "solve":
        graded = solving.grade(read.tasks, await solving.run(read.tasks, model, config), sandbox)
        result = choosing.summarize(read.tasks, graded, config.candidates)
    else:
        cases = (
            verifying.mutated(read.tasks, sandbox, left_out, args.seed)
            if suite.kind == "mutants"
            else verifying.cases(read.pairs, sandbox, left_out)
        )
        result = await verifying.evaluate(cases, model, config)
    return {**result, "left out": dict(left_out)}


def _calibration_items(count: int) -> list[predicting.Item]:
    """Fresh programs, none of them frozen: the table is fitted on what nothing reports."""
    return predicting.frozen_items(fresh.programs(count, "calibration"))


async def _belief(
    args: argparse.Namespace, model: Model, config: PipelineConfig, sandbox: Sandbox
) -> tuple[Belief | None, dict[str, Any] | None]:
    """The belief, and as the manifest has it; None for a model that wrote no program to fit it on.

    Fresh problems: it is fitted on what nothing reports.
    """
    if args.facts and args.facts.exists():
        seen = _FACTS.validate_json(args.facts.read_bytes())
    else:
        rows = fresh.problems(min(BELIEF_PROBLEMS, args.limit or BELIEF_PROBLEMS), "belief")
        seen = await believing.measure(benchmarks.read(rows).tasks, model, config, sandbox)
    if args.facts:
        args.facts.write_bytes(_FACTS.dump_json(seen))
    if not seen:
        return None, None
    belief = believing.fit(seen)
    measured = {"problems": len({one.problem for one in seen}), "tests": sum(len(one.said) for one in seen)}
    return belief, dataclasses.asdict(belief) | {"measured on": measured}


def store(folder: Path, results: dict[str, Any]) -> None:
    """Put figures (without the long lists), and what was fitted, into the manifest; what it had else stays."""
    manifest = json.loads((folder / checkpoint.MANIFEST).read_text())
    long = ("items", "by method", "by construct", "reliability")
    figures = report.plain(
        {k: {n: v for n, v in s.items() if n not in long} for k, s in results.items() if k in suites.SUITES}
    )
    manifest["evaluation"] |= figures
    manifest |= {name: report.plain(results[name]) for name in ("calibration", "belief") if name in results}
    checkpoint.complete(folder, {k: v for k, v in manifest.items() if k != "files"})


def _check(args: argparse.Namespace) -> None:
    """Raises InputError for numbers that are too small."""
    if min(args.candidates, args.votes) < 1 or min(args.rounds, args.samples) < 0:
        raise InputError("--candidates and --votes are at least 1, --rounds and --samples at least 0")
    if min(args.max_program_tokens, args.max_narrative_tokens) < 1:
        raise InputError("--max-program-tokens and --max-narrative-tokens are at least 1")


def main() -> None:
    """Evaluate, print, and write what was asked for."""
    args = parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that the engine is stopped too
    try:
        _check(args)
        for path in filter(None, (args.json, args.facts)):
            path.parent.mkdir(parents=True, exist_ok=True)  # now, not when hours have been spent
        results = asyncio.run(evaluate(args))
    except DeskcheckError as error:
        sys.exit(f"error: {error}")
    if args.json:
        args.json.write_text(json.dumps(report.plain(results), indent=1))
    if args.write or args.fit_only:
        store(args.checkpoint, results)


if __name__ == "__main__":
    main()
