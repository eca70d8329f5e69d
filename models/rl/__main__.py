"""`python -m models.rl --config X.toml --checkpoint FOLDER --out FOLDER`: reinforcement learning from a checkpoint.

Goes on where an earlier call was stopped. The result is OUT/model; `python -m models.export` makes a checkpoint of it.
On many GPUs: the same under `accelerate launch`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.rl import config
from models.training.command import ended


def main() -> None:
    """Train, or finish what is not finished."""
    parser = argparse.ArgumentParser(
        prog="python -m models.rl", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True, help="Hugging Face folder to start from")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--screen", action="store_true", help="only draw and screen the rows, in one process")
    args = parser.parse_args()
    with ended():
        resolved = config.load(args.config)
        from models.rl.run import run  # takes seconds to import, and the pool's children import this file

        run(resolved, args.config.name, args.checkpoint, args.out, args.screen)


if __name__ == "__main__":
    main()
