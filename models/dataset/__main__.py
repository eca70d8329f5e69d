"""`python -m models.dataset --config X.toml --out FOLDER`: a data set as Parquet, with a manifest and a card.

Goes on where an earlier call was stopped. `--shard i/n` makes only part of the work, for many machines on one folder;
a call without it does what is missing and finishes the folder.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

from models import config
from models.dataset.build import Shard, build
from workers.pipeline.errors import DeskcheckError


def shard(text: str) -> Shard:
    """`3/16` → (3, 16)."""
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if found is None or not int(found[1]) < int(found[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is not i/n with i from 0 to n-1")
    return int(found[1]), int(found[2])


def main() -> None:
    """Make a data set, or a shard of one."""
    parser = argparse.ArgumentParser(
        prog="python -m models.dataset", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--shard", type=shard, metavar="i/n", help="only shard i of n, numbered from 0")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default: all cores")
    args = parser.parse_args()
    try:
        manifest = build(config.load_data(args.config), args.out, max(1, args.processes), args.shard)
    except DeskcheckError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same call goes on from here")
    if manifest is None:
        print(f"shard {args.shard[0]} of {args.shard[1]} is made; the same call without --shard finishes the folder")
    else:
        print(f"{manifest['rows']} rows in {args.out}; README.md there tells about them")


if __name__ == "__main__":
    main()
