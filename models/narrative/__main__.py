"""`python -m models.narrative --url URL --model NAME --out FOLDER`: have a model explain runs of programs.

For example with vLLM on a GPU machine, `vllm serve Qwen/Qwen3-32B --port 8001`, then

    python -m models.narrative --url http://localhost:8001 --model Qwen/Qwen3-32B --out runs/explained --count 10000

The runs come from the sources of a configuration, as those of a data set do. The cost is printed before anything is
asked (`--dry-run` stops there). `FOLDER/journal.jsonl` grows as answers come, and the same command goes on where it was
stopped, or further with a larger `--count`; `FOLDER/manifest.json`, written last, counts what was kept and why the rest
was dropped. A data set takes the folder as `[[source]] kind = "explained"`.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models import config
from models.dataset import explain, folder
from models.dataset.merge import nested
from models.narrative.explanation import JOURNAL, Task
from models.narrative.rewrite import Estimate, Params, estimate, rewrite
from workers.pipeline.errors import DeskcheckError, InputError
from workers.pipeline.openai import OpenAICompleter

CONFIG = Path(config.__file__).parent / "configs/explain.toml"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    out = argparse.ArgumentParser(
        prog="python -m models.narrative", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    out.add_argument("--url", help="an OpenAI-compatible server; its key is read from OPENAI_API_KEY")
    out.add_argument("--model", help="the name by which the server knows the model")
    out.add_argument("--out", type=Path, help="folder of the journal")
    out.add_argument("--config", type=Path, default=CONFIG, help="where programs come from (default: explain.toml)")
    out.add_argument("--count", type=int, default=100, help="runs to explain")
    out.add_argument("--seed", type=int, help="another one than the configuration's")
    out.add_argument("--concurrency", type=int, default=Params().concurrency)
    out.add_argument("--max-tokens", type=int, default=Params().max_tokens, help="of one explanation")
    out.add_argument("--timeout", type=float, default=600.0, help="seconds one attempt may take")
    out.add_argument("--price-in", type=float, help="per million prompt tokens")
    out.add_argument("--price-out", type=float, help="per million completion tokens")
    out.add_argument("--dry-run", action="store_true", help="only say what it would cost; needs no server")
    return out


def told(cost: Estimate, args: argparse.Namespace) -> str:
    """The estimate in a sentence."""
    text = (
        f"{cost.requests} requests, about {cost.prompt_tokens:,} prompt tokens "
        f"and {cost.completion_tokens:,} completion tokens"
    )
    if args.price_in is None or args.price_out is None:
        return text
    return f"{text}: about {cost.price(args.price_in, args.price_out):,.2f} at the prices given"


def claim(out: Path, config_hash: str) -> None:
    """Make `out` that of these runs, this model and its sampling. Raises InputError where it is another one's."""
    if (out / JOURNAL).exists() and not (out / folder.CLAIM).exists():
        raise InputError(f"{out} holds a journal of an earlier version, which no data set can use: take another --out")
    folder.claim(out, config_hash)


async def answers(args: argparse.Namespace, tasks: list[Task], params: Params) -> Counter[str]:
    """Ask for what is missing, with a progress bar."""
    bar = Progress(TextColumn("explaining"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    key = os.environ.get("OPENAI_API_KEY")
    with bar:
        row = bar.add_task("explaining", total=len(tasks))
        async with OpenAICompleter(
            args.url, args.model, key, timeout=args.timeout, endpoint="chat", concurrency=params.concurrency
        ) as completer:
            return await rewrite(
                tasks, completer, params, args.out / JOURNAL, lambda n, _: bar.update(row, completed=n)
            )


def run(args: argparse.Namespace) -> Counter[str]:
    """Draw, estimate, ask, and write the manifest last; the verdicts, none for a dry run. Raises DeskcheckError."""
    chosen = config.load_explain(args.config)
    if args.seed is not None:
        chosen = dataclasses.replace(chosen, seed=args.seed)
    params = Params(args.max_tokens, seed=chosen.seed, concurrency=args.concurrency)
    sampling = {name: value for name, value in dataclasses.asdict(params).items() if name != "concurrency"}
    config_hash = config.digest((explain.check(chosen), args.model, sampling))
    if not args.dry_run:
        claim(args.out, config_hash)
    print(f"drawing {args.count} runs", flush=True)
    drawn = explain.draw(chosen, args.count)
    if not drawn.tasks:
        raise InputError(f"no source gave a run: {nested(drawn.dropped)}")
    print(told(estimate(drawn.tasks, params), args), flush=True)
    if args.dry_run:
        return Counter()
    verdicts = asyncio.run(answers(args, drawn.tasks, params))
    manifest: dict[str, Any] = {
        "model": args.model, "sampling": sampling, "config": dataclasses.asdict(chosen), "config_hash": config_hash,
        "runs": len(drawn.tasks), "verdicts": dict(verdicts.most_common()), "not_drawn": nested(drawn.dropped),
    }  # fmt: skip
    folder.write_text(args.out / folder.MANIFEST, json.dumps(manifest, indent=1) + "\n")
    return verdicts


def main() -> None:
    """Explain, and say what was kept."""
    options = parser()
    args = options.parse_args()
    if not args.dry_run and None in (args.url, args.model, args.out):
        options.error("needs --url, --model and --out, or --dry-run")
    try:
        verdicts = run(args)
    except DeskcheckError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from here")
    for name, count in verdicts.most_common():
        print(f"{name:<28}{count:>8}")


if __name__ == "__main__":
    main()
