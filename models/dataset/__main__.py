"""`python -m models.dataset --config X.toml --out FOLDER`: training data for the nano model."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from models import config
from models.dataset.build import build
from workers.pipeline.errors import DeskcheckError


def main() -> None:
    """Build the data of a configuration; goes on where an earlier call was stopped."""
    parser = argparse.ArgumentParser(prog="python -m models.dataset", description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for shards and tokenizer.json")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    try:
        manifest = build(config.load(args.config).dataset, args.out, args.processes)
    except DeskcheckError as error:
        sys.exit(f"error: {error}")
    print(manifest["counts"])


if __name__ == "__main__":
    main()
