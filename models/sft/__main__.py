"""`python -m models.sft --config X.toml --data FOLDER --out FOLDER`: supervised fine-tuning on a data set.

Goes on where an earlier call was stopped. The result is OUT/model; `python -m models.export` makes a checkpoint of it.
On many GPUs: the same under `accelerate launch`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.sft import config
from models.training.command import ended


def main() -> None:
    """Train, or finish what is not finished."""
    parser = argparse.ArgumentParser(
        prog="python -m models.sft", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder made by python -m models.dataset")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    args = parser.parse_args()
    with ended():
        resolved = config.load(args.config)
        from models.sft.run import run  # takes seconds to import

        run(resolved, args.config.name, args.data, args.out)


if __name__ == "__main__":
    main()
