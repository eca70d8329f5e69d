"""`python -m models.rl --config X.toml --checkpoint FOLDER --out FOLDER`: reinforcement learning from a checkpoint.

Goes on where an earlier call was stopped. The result is OUT/model; `python -m models.export` makes a checkpoint of it.
On many GPUs: the same under `accelerate launch`.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from models.rl import config
from workers.pipeline.errors import DeskcheckError


def main() -> None:
    """Train, or finish what is not finished."""
    parser = argparse.ArgumentParser(
        prog="python -m models.rl", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True, help="Hugging Face folder to start from")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    args = parser.parse_args()
    try:
        resolved = config.load(args.config)
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # TRL reports each start; read when it is imported
        from models.rl.run import run  # takes seconds to import, and the pool's children import this file

        run(resolved, args.config.name, args.checkpoint, args.out)
    except (DeskcheckError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same call goes on from the last save")


if __name__ == "__main__":
    main()
