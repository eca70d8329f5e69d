"""Output tokens per second of the embedded engine, over HTTP, at several numbers of concurrent requests.

    python -m bench.engine --checkpoint FOLDER [--repeat 3] [--out engine.json]

Greedy requests share batches, sampled ones decode alone (`workers.decoding`); both are measured. Prompts are random
tokens and completions end where the model ends them, at `--max-tokens` at the latest; tokens that came are counted.
Times are wall clock; with `--repeat` all loads are measured so often, in turn, and the median counts: on shared cores
only what loads have to do with one another means something, and the JSON has the load of the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table
from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class Measurement:
    """One load and what came of it."""

    concurrent: int
    temperature: float
    requests: int
    output_tokens: int
    seconds: float

    @property
    def rate(self) -> float:
        """Output tokens per second, of all requests together."""
        return self.output_tokens / self.seconds


@contextmanager
def engine(checkpoint: Path, threads: int) -> Iterator[Path]:
    """An engine process; gives its socket."""
    with tempfile.TemporaryDirectory() as folder:
        uds = Path(folder, "engine.sock")
        argv = [sys.executable, "-m", "workers.engine", "--checkpoint", str(checkpoint), "--uds", str(uds)]
        with subprocess.Popen([*argv, "--threads", str(threads)]) as process:
            try:
                while not uds.exists():
                    if process.poll() is not None:
                        sys.exit("the engine did not start")
                    time.sleep(0.05)
                yield uds
            finally:
                process.terminate()


async def measure(
    uds: Path, prompts: list[list[int]], concurrent: int, temperature: float, max_tokens: int
) -> Measurement:
    """Send all prompts, `concurrent` at a time."""
    gate, tokens = asyncio.Semaphore(concurrent), 0
    transport = httpx.AsyncHTTPTransport(uds=str(uds), limits=httpx.Limits(max_connections=concurrent), retries=5)
    async with httpx.AsyncClient(transport=transport, base_url="http://engine/v1", timeout=None) as client:
        model = (await client.get("/models")).json()["data"][0]["id"]

        async def one(seed: int, prompt: list[int]) -> None:
            nonlocal tokens
            body = {
                "model": model,
                "prompt": prompt,
                "max_tokens": max_tokens,
                "temperature": temperature,
                "seed": seed,
            }
            async with gate:
                answer = (await client.post("/completions", json=body)).raise_for_status().json()
            tokens += answer["usage"]["completion_tokens"]

        started = time.perf_counter()
        await asyncio.gather(*(one(seed, prompt) for seed, prompt in enumerate(prompts)))
        seconds = time.perf_counter() - started
    return Measurement(concurrent, temperature, len(prompts), tokens, seconds)


def random_prompts(checkpoint: Path, count: int, length: int) -> list[list[int]]:
    """Token ids without special tokens; lengths vary by a tenth, as those of one solve's simulations do."""
    tokenizer = Tokenizer.from_file(str(checkpoint / "tokenizer.json"))
    special = {token for token, content in tokenizer.get_added_tokens_decoder().items() if content.special}
    plain = [token for token in range(tokenizer.get_vocab_size()) if token not in special]
    rng = random.Random(0)
    return [rng.choices(plain, k=rng.randint(length - length // 10, length)) for _ in range(count)]


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.engine", description="Speed of the embedded engine.")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--concurrent", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--prompt-tokens", type=int, default=150)
    parser.add_argument("--max-tokens", type=int, default=250)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeat", type=int, default=1, help="how often all loads are measured; medians count")
    parser.add_argument("--out", type=Path, help="file for the figures as JSON")
    options = parser.parse_args()

    loads = [(concurrent, temperature) for concurrent in options.concurrent for temperature in (0.0, 0.8)]
    found: dict[tuple[int, float], list[Measurement]] = {load: [] for load in loads}
    with engine(options.checkpoint, options.threads) as uds:
        for _ in range(options.repeat):
            for concurrent, temperature in loads:
                prompts = random_prompts(options.checkpoint, max(concurrent, 4), options.prompt_tokens)
                made = asyncio.run(measure(uds, prompts, concurrent, temperature, options.max_tokens))
                found[concurrent, temperature].append(made)
    rates = {load: statistics.median(each.rate for each in own) for load, own in found.items()}
    columns = ("concurrent", "temperature", "requests", "output tokens", "tokens/s", "beside the first")
    table = Table(*columns, title="engine")
    results = []
    for (concurrent, temperature), rate in rates.items():
        own, alone = found[concurrent, temperature], rates[options.concurrent[0], temperature]
        cells = (concurrent, temperature, own[0].requests, own[0].output_tokens)
        table.add_row(*map(str, cells), f"{rate:.0f}", f"{rate / alone:.2f} times")
        results.append(asdict(own[0]) | {"seconds": [each.seconds for each in own], "tokens_per_second": rate})
    Console().print(table)
    if options.out:
        setting = {"checkpoint": options.checkpoint.name, "threads": options.threads, "machine": platform.machine()}
        setting |= {"repeat": options.repeat, "load": os.getloadavg()[0]}
        options.out.write_text(json.dumps(setting | {"results": results}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
