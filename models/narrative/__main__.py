"""`python -m models.narrative --url URL --model NAME --out FOLDER`: have a model explain runs of generated programs.

For example with vLLM on a GPU machine, `vllm serve Qwen/Qwen3-32B --port 8000`, then

    python -m models.narrative --url http://localhost:8000 --model Qwen/Qwen3-32B --out explained --count 10000

The cost is printed before anything is asked (`--dry-run` stops there). `FOLDER/journal.jsonl` grows as answers come,
and the same command goes on where it was stopped; `FOLDER/manifest.json`, written last, counts what was kept and why
the rest was dropped.
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

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.narrative.draw import draw
from models.narrative.rewrite import Estimate, Params, Task, estimate, rewrite
from workers.pipeline.errors import DeskcheckError
from workers.pipeline.openai import OpenAICompleter


def parser() -> argparse.ArgumentParser:
    """The command line."""
    out = argparse.ArgumentParser(
        prog="python -m models.narrative", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    out.add_argument("--url", required=True, help="an OpenAI-compatible server; its key is read from OPENAI_API_KEY")
    out.add_argument("--model", required=True, help="the name by which the server knows the model")
    out.add_argument("--out", type=Path, required=True)
    out.add_argument("--count", type=int, default=100, help="runs to explain")
    out.add_argument("--seed", type=int, default=0)
    out.add_argument("--concurrency", type=int, default=Params().concurrency)
    out.add_argument("--max-tokens", type=int, default=Params().max_tokens, help="of one explanation")
    out.add_argument("--timeout", type=float, default=600.0, help="seconds one attempt may take")
    out.add_argument("--price-in", type=float, help="per million prompt tokens")
    out.add_argument("--price-out", type=float, help="per million completion tokens")
    out.add_argument("--dry-run", action="store_true", help="only say what it would cost")
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


async def explain(args: argparse.Namespace, tasks: list[Task], params: Params) -> Counter[str]:
    """Ask for what is missing, with a progress bar."""
    bar = Progress(TextColumn("explaining"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    key = os.environ.get("OPENAI_API_KEY")
    with bar:
        row = bar.add_task("explaining", total=len(tasks))
        async with OpenAICompleter(
            args.url, args.model, key, timeout=args.timeout, endpoint="chat", concurrency=params.concurrency
        ) as completer:
            return await rewrite(
                tasks, completer, params, args.out / "journal.jsonl", lambda n, _: bar.update(row, completed=n)
            )


def main() -> None:
    """Estimate, ask, and write the manifest last."""
    args = parser().parse_args()
    params = Params(args.max_tokens, seed=args.seed, concurrency=args.concurrency)
    try:
        tasks = draw(args.count, args.seed)
        print(told(estimate(tasks, params), args), flush=True)
        if args.dry_run:
            return
        counts = asyncio.run(explain(args, tasks, params))
    except DeskcheckError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from here")
    manifest = {"model": args.model, "params": dataclasses.asdict(params), "runs": args.count, "verdicts": dict(counts)}
    path = args.out / "manifest.json"
    path.with_name(".manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    path.with_name(".manifest.json").replace(path)
    for name, count in counts.most_common():
        print(f"{name:<28}{count:>8}")


if __name__ == "__main__":
    main()
