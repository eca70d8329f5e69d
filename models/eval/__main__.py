"""`python -m models.eval --checkpoint FOLDER | --url URL`: how good a model predicts, solves, repairs and judges.

Suites: the frozen `programs`, `problems` and `reworded`, and every benchmark of `models.eval.suites` whose file is in
`--data`. Programs run only in the sandbox; where there is none, suites that need it are refused. `--json` is written
after each suite, and the same call goes on from it, within a suite by the answers beside it (`models.eval.answers`).
`--write` stores figures in the checkpoint's manifest, and what serving goes by (`models.eval.fitting`), fitted on fresh
programs and problems.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.eval import (
    benchmarks,
    choosing,
    describe,
    engine,
    fitting,
    options,
    plots,
    predicting,
    report,
    solving,
    suites,
    verifying,
)
from models.eval.alone import alone
from models.eval.answers import Answers
from models.eval.cost import untimed
from models.eval.keep import Results, missing
from models.sandbox import Sandbox, SandboxUnavailable
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import DeskcheckError, InputError
from workers.pipeline.manifest import Manifest, read_manifest
from workers.pipeline.model import Model


async def evaluate(args: argparse.Namespace) -> dict[str, Any]:
    """Run what is asked for and not there yet; prints each table, and writes the files, as it is done.

    Raises DeskcheckError for what cannot be used, another evaluation that writes the same `--json` among it.
    """
    with alone(args.json):
        return await _evaluate(args)


async def _evaluate(args: argparse.Namespace) -> dict[str, Any]:
    chosen = [] if args.fit_only else list(dict.fromkeys(args.suite or suites.available(args.data)))
    rows = {name: suites.rows(name, args.data)[: args.limit] for name in chosen}
    config = PipelineConfig(
        candidates=args.candidates, rounds=args.rounds, resamples=args.resamples, votes=args.votes, voting=args.voting,
        seed=args.seed, concurrency=256, max_program_tokens=args.max_program_tokens,
        max_narrative_tokens=args.max_narrative_tokens,
    )  # fmt: skip
    manifest = _manifest(args)
    name = args.model or (manifest.name if manifest else await engine.only_model(args.url))
    about = describe.about(args, config, manifest, name, chosen)
    results = Results(about, args.json, args.markdown, _title(args, name))
    if not describe.calibrated(about):
        print("confidences are the model's own: none were calibrated", flush=True)
    to_do = missing(chosen, results)
    for suite in [suite for suite in chosen if suite not in to_do]:
        print(f"## {suite}\n  measured before: see {args.json}", flush=True)
    if to_do or missing(options.parts(args), results):
        async with AsyncExitStack() as stack:
            # first of all, so that nothing is spent where programs cannot be run
            executing = options.parts(args) or any(suites.SUITES[name].kind != "predict" for name in to_do)
            sandbox = stack.enter_context(Sandbox(os.cpu_count() or 1)) if executing else None
            model = await stack.enter_async_context(_serving(args, manifest, name, config.concurrency))
            answers = stack.enter_context(Answers(model.completer, _beside(args.json), about))
            model = replace(model, completer=answers)
            if sandbox is not None:
                model = await fitting.fit(args, model, config, sandbox, results)
            for suite in to_do:
                begun, before = time.monotonic(), answers.recalled
                result = await _suite(suite, rows[suite], args, model, config, sandbox)
                result["seconds"] = time.monotonic() - begun
                result = untimed(result) if answers.recalled > before else result
                print(report.table(suite, result), flush=True)  # first: whatever becomes of the files, this was seen
                results.add(suite, result)
    return results.found


def _beside(results: Path | None) -> Path | None:
    return results and results.with_name(f"{results.name}.answers")


def _manifest(args: argparse.Namespace) -> Manifest | None:
    """Raises CheckpointError, and InputError where figures could not be stored in the folder."""
    if args.checkpoint is None:
        return None
    manifest = read_manifest(args.checkpoint)
    if options.parts(args) and not os.access(args.checkpoint, os.W_OK):
        raise InputError(f"{args.checkpoint} cannot be written to, so nothing could be stored there")
    return manifest


def _title(args: argparse.Namespace, name: str) -> str:
    return str(args.json.stem if args.json else name)


def _serving(
    args: argparse.Namespace, manifest: Manifest | None, name: str, concurrency: int
) -> AbstractAsyncContextManager[Model]:
    if manifest is None:
        return engine.chat(args.url, name, args.context or options.CONTEXT, concurrency)
    if args.url:
        return engine.remote(args.url, manifest, name, concurrency)
    return engine.served(args.checkpoint, concurrency)


async def _suite(
    name: str, rows: list[dict[str, Any]], args: argparse.Namespace, model: Model, config: PipelineConfig,
    sandbox: Sandbox | None,
) -> dict[str, Any]:  # fmt: skip
    suite = suites.SUITES[name]
    if suite.kind == "predict":
        if name in suites.FROZEN:
            return await predicting.evaluate(predicting.frozen_items(rows), model, config, args.samples)
        foreign = model.of_others(config)
        return await predicting.evaluate(predicting.cruxeval_items(rows), foreign, config, args.samples)
    if sandbox is None:
        raise SandboxUnavailable("programs run in a sandbox only")
    read = benchmarks.read(rows) if name in suites.FROZEN else suite.read(rows)
    left_out = Counter(read.left_out)
    if suite.kind == "solve":
        result = await _solved(read.tasks, model, config, sandbox)
    else:
        cases = (
            verifying.mutated(read.tasks, sandbox, left_out, args.seed)
            if suite.kind == "mutants"
            else verifying.cases(read.pairs, sandbox, left_out)
        )
        result = await verifying.evaluate(cases, model, config)
    return {**result, "left out": dict(left_out)}


async def _solved(
    tasks: Sequence[benchmarks.Task], model: Model, config: PipelineConfig, sandbox: Sandbox
) -> dict[str, Any]:
    begun = time.monotonic()
    runs = await solving.run(tasks, model, config)
    seconds = time.monotonic() - begun
    oracles = await solving.oracles(tasks, model, config, sandbox)
    figures = choosing.summarize(tasks, solving.grade(tasks, runs, sandbox, oracles), config.candidates, seconds)
    return {**figures, "rounds": config.rounds, "resamples": config.resamples}


def _store(args: argparse.Namespace, results: dict[str, Any]) -> None:
    """Into the manifest; where that fails, what was measured is in the results, or is printed."""
    try:
        fitting.store(args.checkpoint, results)
    except InputError as error:
        if args.json is None:
            print(json.dumps(fitting.stored(results), indent=1), flush=True)
            raise
        raise InputError(f"{error}; all is in {args.json}, and the same call stores it") from error


def main() -> None:
    """Evaluate, print, and write what was asked for."""
    args = options.parser(__doc__).parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that the engine is stopped too
    try:
        options.check(args)
        results = asyncio.run(evaluate(args))
        if options.parts(args):
            _store(args, results)
        if args.plots:
            plots.draw({_title(args, results["about"]["model"]): results}, args.plots)
    except (DeskcheckError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
