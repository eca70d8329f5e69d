"""The command line of `python -m models.eval`, and what its options ask of one another."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from models.eval import plots, suites
from workers.pipeline.config import PipelineConfig
from workers.pipeline.errors import InputError
from workers.pipeline.types import Voting

_DEFAULTS = PipelineConfig()
CONTEXT = 8192
"""Tokens of a chat model that has no manifest to say it, as in serving."""


PARTS = ("calibration", "others", "belief")
"""What `models.eval.fitting` fits, in this order: verdicts, and so the belief, go by the calibration table."""


def parser(description: str | None = None) -> argparse.ArgumentParser:
    """The command line."""
    out = argparse.ArgumentParser(prog="python -m models.eval", description=description)
    out.add_argument("--checkpoint", type=Path, help="checkpoint folder; with --url only its manifest is read")
    out.add_argument(
        "--url",
        help="evaluate this OpenAI-compatible server instead of starting the embedded engine: the checkpoint's model, "
        "or without --checkpoint a chat model as it is",
    )
    out.add_argument("--model", help="its name at the server; default: the manifest's, or the only one there is")
    out.add_argument("--context", type=int, help=f"tokens of a model without --checkpoint; default: {CONTEXT}")
    out.add_argument("--suite", choices=suites.SUITES, action="append", help="repeat for several; default: all found")
    out.add_argument("--data", type=Path, help="folder of benchmark files, or one file for one suite")
    out.add_argument("--candidates", type=int, default=8, help="programs sampled for each problem")
    out.add_argument("--rounds", type=int, default=3, help="repair rounds")
    out.add_argument("--resamples", type=int, default=_DEFAULTS.resamples, help="new programs a round, beside repairs")
    out.add_argument("--votes", type=int, default=1, help="runs for each prediction; several vote")
    out.add_argument("--voting", choices=get_args(Voting), help="how votes differ; default: names where it can be")
    out.add_argument("--samples", type=int, default=0, help="sampled predictions of each program, for @1, @5 and @10")
    out.add_argument(
        "--max-program-tokens", type=int, default=_DEFAULTS.max_program_tokens, help="most for one program"
    )
    out.add_argument(
        "--max-narrative-tokens", type=int, default=_DEFAULTS.max_narrative_tokens, help="most for one simulated run"
    )
    out.add_argument("--limit", type=int, help="only the first so many items of each suite and of the calibration")
    out.add_argument("--seed", type=int, default=0)
    out.add_argument("--json", type=Path, help="all results, written after each suite; the same call goes on from them")
    out.add_argument("--markdown", type=Path, help="write the table of the figures here, after each suite")
    out.add_argument("--plots", type=Path, help="draw every suite into this folder at the end (needs matplotlib)")
    out.add_argument("--write", action="store_true", help="fit what serving goes by, and store all in the manifest")
    out.add_argument("--fit-only", nargs="+", choices=PARTS[1:], help="fit and store these alone; runs no suite")
    out.add_argument("--facts", type=Path, help="what the belief is fitted on: read from here, else kept here")
    return out


def parts(args: argparse.Namespace) -> list[str]:
    """Which of `PARTS` are to be fitted."""
    return list(PARTS) if args.write else [part for part in PARTS if part in (args.fit_only or ())]


def check(args: argparse.Namespace) -> None:
    """Raises InputError for numbers that are too small, and for options that do not go together."""
    if min(args.candidates, args.votes) < 1 or min(args.rounds, args.resamples, args.samples) < 0:
        raise InputError("--candidates and --votes are at least 1, --rounds, --resamples and --samples at least 0")
    if min(args.max_program_tokens, args.max_narrative_tokens) < 1:
        raise InputError("--max-program-tokens and --max-narrative-tokens are at least 1")
    _check_model(args)
    if args.plots:
        plots.require()


def _check_model(args: argparse.Namespace) -> None:
    if args.checkpoint is None and args.url is None:
        raise InputError("evaluate what? --checkpoint FOLDER, or --url URL for a chat model as it is")
    if args.checkpoint is None and (args.write or args.fit_only):
        raise InputError("--write and --fit-only store in a manifest: name its folder with --checkpoint")
    if args.context is not None and args.checkpoint is not None:
        raise InputError("--context is for a model without --checkpoint: a manifest says it itself")
    if args.context is not None and args.context < 1:
        raise InputError("--context is at least 1")
