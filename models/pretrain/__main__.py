"""`python -m models.pretrain --config X.toml --data FOLDER --out FOLDER`, or the same under torchrun."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from pathlib import Path

import torch
import torch.distributed as dist

from models import config
from models.config import TrainerConfig
from models.pretrain.train import Trainer
from workers.pipeline.errors import DeskcheckError


def main() -> None:
    """Train to the end of the budget; goes on from the last save in `--out`."""
    parser = argparse.ArgumentParser(prog="python -m models.pretrain", description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder made by models.dataset")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run: state.pt, log.jsonl")
    args = parser.parse_args()
    try:
        run(config.load(args.config), args.data, args.out)
    except DeskcheckError as error:
        sys.exit(f"error: {error}")


def run(resolved: TrainerConfig, folder: Path, out: Path) -> None:
    """One process of a training run; torchrun's environment says which one of how many."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "config.json").write_text(json.dumps(dataclasses.asdict(resolved), indent=1))
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 1)))
    if "WORLD_SIZE" in os.environ:
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        Trainer(resolved, folder, out).train()
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()


if __name__ == "__main__":
    main()
