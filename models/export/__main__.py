"""`python -m models.export --run FOLDER --out FOLDER`: the result of any stage → a checkpoint that can be served.

Takes the folder that was `--out` of models.sft or models.rl: full weights are rounded, a LoRA adapter is merged into
its base. For a run of models.pretrain give its --config and --data too.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.export.export import DTYPES, export
from models.pretrain import export as pretrained
from models.pretrain.state import STATE
from models.training.command import ended
from workers.pipeline.errors import InputError


def main() -> None:
    """Export one run; an existing folder is replaced only where that is asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m models.export", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--replace", action="store_true", help="an existing --out is deleted")
    parser.add_argument("--dtype", choices=DTYPES, default="float16", help="the embedded engine reads float16 alone")
    parser.add_argument("--config", type=Path, help="of a pretraining run")
    parser.add_argument("--data", type=Path, help="of a pretraining run")
    args = parser.parse_args()
    with ended("stopped"):
        if not (args.run / STATE).exists():
            export(args.run, args.out, args.dtype, args.replace)
        elif args.config and args.data:
            pretrained.export(args.run, args.data, args.out, args.config, args.replace)
        else:
            raise InputError(f"{args.run} is a pretraining run: give its --config and --data too")


if __name__ == "__main__":
    main()
