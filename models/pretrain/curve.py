"""`python -m models.pretrain.curve --log RUN/log.jsonl --out FILE.png`: loss and rate over the tokens of a run."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from matplotlib.figure import Figure

from models.training.command import ended
from workers.pipeline.errors import InputError


def read(log: Path) -> list[dict[str, float]]:
    """The whole lines of a run's log; one that it was killed in has no end. Raises InputError."""
    try:
        return [json.loads(line) for line in log.read_text(encoding="utf-8").split("\n")[:-1]]
    except (OSError, ValueError) as error:
        raise InputError(f"{log}: no log of a run: {error}") from error


def plot(lines: list[dict[str, float]], out: Path) -> None:
    """Draw the curves. Raises InputError where no step was logged."""
    steps, held = ([x for x in lines if key in x] for key in ("loss", "validation"))
    if not steps:
        raise InputError("the log has no step")
    figure = Figure(figsize=(8, 4), layout="constrained")
    axis = figure.add_subplot()
    axis.plot([x["tokens"] / 1e6 for x in steps], [x["loss"] for x in steps], lw=0.8, alpha=0.6, label="training")
    axis.plot([x["tokens"] / 1e6 for x in held], [x["validation"] for x in held], "o-", ms=3, label="held out")
    axis.set(xlabel="million tokens", ylabel="loss per completion token", yscale="log")
    rate = axis.twinx()
    rate.plot([x["tokens"] / 1e6 for x in steps], [x["rate"] for x in steps], "--", color="gray", lw=0.8)
    rate.set(ylabel="learning rate, share of its peak (dashed)", ylim=(0, 1.05))
    axis.legend()
    axis.grid(alpha=0.3)
    figure.savefig(out, dpi=100)


def main() -> None:
    """Read, draw."""
    parser = argparse.ArgumentParser(prog="python -m models.pretrain.curve", description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    with ended("stopped"):
        plot(read(args.log), args.out)


if __name__ == "__main__":
    main()
