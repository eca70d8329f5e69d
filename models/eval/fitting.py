"""What serving goes by: fitted on fresh programs and problems that no figure is taken from, and put in the manifest."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from models import checkpoint
from models.dataset import fresh
from models.eval import believing, benchmarks, files, options, others, predicting, report, suites
from models.eval.keep import Results
from models.sandbox import Sandbox
from workers.pipeline.believe import Belief, Others
from workers.pipeline.calibrate import Bin
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import InputError
from workers.pipeline.model import Model

FACTS = TypeAdapter(list[believing.Seen])
Measure = Callable[[argparse.Namespace, Model, PipelineConfig, Sandbox], Awaitable[Any]]
CALIBRATION_PROGRAMS, OTHERS_FUNCTIONS, BELIEF_PROBLEMS = 400, 160, 64
VOTES = (1, 5)
"""Numbers of votes that predictions of others' programs are measured with."""
OPERATIONS = 6
"""Of every other problem that the belief is fitted on: more than training has, so that some programs are wrong. Of the
problems alone that a model solves nearly always it would learn to believe whatever it writes."""


async def fit(
    args: argparse.Namespace, model: Model, config: PipelineConfig, sandbox: Sandbox, results: Results
) -> Model:
    """The model with what was asked for, fitted now or found in the results."""
    for part in options.parts(args):
        measure, form = _PARTS[part]
        if part not in results.found:
            results.add(part, await measure(args, model, config, sandbox))
            print(f"fitted: {part}", flush=True)
        model = dataclasses.replace(model, **{part: form.validate_python(results.found[part])})
    return model


async def calibration(
    args: argparse.Namespace, model: Model, config: PipelineConfig, sandbox: Sandbox
) -> list[dict[str, Any]]:
    """The calibration table as the manifest has it."""
    del sandbox  # what these programs do is known
    items = calibration_items(min(CALIBRATION_PROGRAMS, args.limit or CALIBRATION_PROGRAMS))
    table = await predicting.calibration(items, dataclasses.replace(model, calibration=()), config)
    return [dataclasses.asdict(entry) for entry in table]


async def of_others(
    args: argparse.Namespace, model: Model, config: PipelineConfig, sandbox: Sandbox
) -> list[dict[str, Any]]:
    """What was measured of programs that others wrote as the manifest has it; nothing where no run could be read."""
    tasks = benchmarks.read(others_rows(min(OTHERS_FUNCTIONS, args.limit or OTHERS_FUNCTIONS))).tasks
    numbers = VOTES if model.style == "tagged" else VOTES[:1]
    measured = await others.measure(tasks, model, config, sandbox, numbers)
    return [
        dataclasses.asdict(others.fit(seen, votes)) | {"measured on": {"runs": len(seen)}}
        for votes, seen in zip(numbers, measured, strict=True)
        if seen
    ]


def others_rows(count: int) -> list[dict[str, Any]]:
    """Functions of templates that are kept out of training, none of them equal to a frozen program."""
    return fresh.unseen(count, "others")


def calibration_items(count: int) -> list[predicting.Item]:
    """Fresh programs, none of them frozen: the table is fitted on what nothing reports."""
    return predicting.frozen_items(fresh.programs(count, "calibration"))


async def belief(
    args: argparse.Namespace, model: Model, config: PipelineConfig, sandbox: Sandbox
) -> dict[str, Any] | None:
    """The belief as the manifest has it; None for a model that wrote no program to fit it on."""
    seen = await _facts(args, model, config, sandbox)
    if not seen:
        return None
    measured = {"problems": len({one.problem for one in seen}), "tests": sum(len(one.said) for one in seen)}
    return dataclasses.asdict(believing.fit(seen)) | {"measured on": measured}


def belief_rows(count: int) -> list[dict[str, Any]]:
    """Fresh problems, none of them like a frozen one, half of them easy and half of them hard."""
    return fresh.problems(count, "belief", OPERATIONS)


async def _facts(
    args: argparse.Namespace, model: Model, config: PipelineConfig, sandbox: Sandbox
) -> list[believing.Seen]:
    """From the file, or measured and kept there. Raises InputError for a file that holds none."""
    if args.facts and args.facts.exists():
        try:
            return FACTS.validate_json(args.facts.read_bytes())
        except (OSError, ValueError) as error:
            raise InputError(f"{args.facts} holds no facts of python -m models.eval: {error}") from error
    rows = belief_rows(min(BELIEF_PROBLEMS, args.limit or BELIEF_PROBLEMS))
    seen = await believing.measure(benchmarks.read(rows).tasks, model, config, sandbox)
    if args.facts:
        files.write(args.facts, FACTS.dump_json(seen).decode())
    return seen


_PARTS: dict[str, tuple[Measure, TypeAdapter[Any]]] = {
    "calibration": (calibration, TypeAdapter(tuple[Bin, ...])),
    "others": (of_others, TypeAdapter(tuple[Others, ...])),
    "belief": (belief, TypeAdapter(Belief | None)),
}
"""By the name in results, manifest and `Model`: how it is measured, and what it is."""


def stored(results: dict[str, Any]) -> dict[str, Any]:
    """Of the results what goes into the manifest: figures (without the long lists), and what was fitted.

    Figures of several votes stand beside those of single runs, as `cruxeval, 5 votes`.
    """
    long, about = ("items", "by method", "by construct", "reliability"), results.get("about", {})
    votes = f", {about['votes']} {about['voting'] or 'votes'}" if about.get("votes", 1) > 1 else ""
    measured = {name: suite for name, suite in results.items() if name in suites.SUITES}
    figures = {k + votes: {n: v for n, v in suite.items() if n not in long} for k, suite in measured.items()}
    fitted = {name: results[name] for name in options.PARTS if name in results}
    return dict(report.plain({"evaluation": figures, **fitted}))


def store(folder: Path, results: dict[str, Any]) -> None:
    """Put these into the manifest; what it had else stays. Raises InputError where it cannot be written."""
    added = stored(results)
    try:
        manifest = json.loads((folder / checkpoint.MANIFEST).read_text(encoding="utf-8"))
        manifest |= added | {"evaluation": manifest["evaluation"] | added["evaluation"]}
        checkpoint.complete(folder, {k: v for k, v in manifest.items() if k != "files"})
    except OSError as error:
        raise InputError(f"{folder}: the manifest cannot be written: {error.strerror}") from error
